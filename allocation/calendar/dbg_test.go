package calendar
import ("testing";"time";"fmt")
func TestDbg(t *testing.T){
 for _,n:=range ZoneNames(){ loc:=mustZone(t,n)
  at:=time.Date(2000,1,1,0,0,0,0,time.UTC).In(loc)
  for i:=0;i<400;i++{ f,nx:=at.ZoneBounds(); if nx.IsZero()||nx.Year()>2060{break}
   if !nx.After(at)||f.After(at){fmt.Println(n,at,f,nx);break}; if i==399{fmt.Println("many",n,at,nx)}
   at=nx } }
}
