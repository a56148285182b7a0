package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// crmServer is a CRM that fails every other call, sometimes after it took what
// it was told.
type crmServer struct {
	*httptest.Server
	mu     sync.Mutex
	calls  int
	owners map[string]Ownership
	told   map[string][]uint64 // the versions that came, by lead
}

func newCRM(t *testing.T) *crmServer {
	c := &crmServer{owners: map[string]Ownership{}, told: map[string][]uint64{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var o Ownership
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			t.Errorf("the CRM is told something that is no ownership: %v", err)
		}
		c.calls++
		if c.calls%4 == 1 {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		c.told[o.Lead] = append(c.told[o.Lead], o.Version)
		if o.Version > c.owners[o.Lead].Version {
			c.owners[o.Lead] = o
		}
		if c.calls%4 == 3 {
			http.Error(w, "took it, and failed", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// deliverAll runs the outbox until it has nothing to tell.
func deliverAll(t *testing.T, s *Service) {
	t.Helper()
	for range 1000 {
		if s.Tick(t.Context()) == nil && s.Deliver(t.Context()) == nil {
			return
		}
	}
	t.Fatal("the outbox is not emptied in 1000 rounds by a CRM that takes every other call")
}

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, file string, crm *crmServer) *Service {
	t.Helper()
	s, err := Open(t.Context(), file, &CRM{URL: crm.URL}, func() time.Time { return monday })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	answer, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, string(text)
}

// Every lead is delivered four times, all at once; the service ends with half
// of the owners told; it comes back and every lead is delivered again. One lead
// has one answer, and in the end the CRM has the owner that was answered.
func TestWebhooksTwiceAndARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "embed.db")
	crm := newCRM(t)
	const leads, deliveries = 40, 4
	body := func(i int) string {
		return fmt.Sprintf(`{"id": "L-%d", "company": "Acme %d", "email": "x@example.com", "employees": %d, "language": "en"}`, i, i, i%2*600)
	}
	answers := make([]map[string]bool, leads)
	round := func(s *Service) {
		server := httptest.NewServer(s.Handler())
		defer server.Close()
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range leads * deliveries {
			all.Go(func() {
				status, text := post(t, server.URL+"/webhooks/lead", body(i%leads))
				if status != http.StatusOK {
					t.Errorf("L-%d is answered %d: %s", i%leads, status, text)
				}
				mu.Lock()
				defer mu.Unlock()
				if answers[i%leads] == nil {
					answers[i%leads] = map[string]bool{}
				}
				answers[i%leads][text] = true
			})
		}
		all.Wait()
	}

	s := open(t, file, crm)
	round(s)
	for range leads / 2 {
		_ = s.Deliver(t.Context()) // the CRM fails; the restart comes before it was told of all
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, file, crm)
	defer s.Close()
	round(s)
	deliverAll(t, s)

	twice := 0
	for i, one := range answers {
		if len(one) != 1 {
			t.Errorf("lead L-%d has %d answers, want one:\n%v", i, len(one), one)
		}
		for text := range one {
			var d struct {
				Lead, Owner string
				Version     uint64
			}
			if err := json.Unmarshal([]byte(text), &d); err != nil {
				t.Fatal(err)
			}
			if got := crm.owners[d.Lead]; d.Owner == "" || got.Owner != d.Owner || got.Version != d.Version {
				t.Errorf("lead %s was answered %q (version %d), and the CRM has %+v", d.Lead, d.Owner, d.Version, got)
			}
		}
		id := fmt.Sprint("L-", i)
		if told := crm.told[id]; len(told) > 1 {
			twice++
		}
	}
	if twice == 0 {
		t.Error("the CRM was told nothing twice, so this test shows nothing about repeats")
	}
	if err := allocation.Verify(t.Context(), s.store, "default"); err != nil {
		t.Error(err)
	}
}

// A lead that waits is given away when a seller's place is free, and the CRM
// hears of both.
func TestFinishedWorkMakesRoom(t *testing.T) {
	crm := newCRM(t)
	s := open(t, filepath.Join(t.TempDir(), "embed.db"), crm)
	defer s.Close()
	if _, err := s.store.DB().Exec("DELETE FROM sellers WHERE login <> 'bo'; UPDATE sellers SET capacity = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.SyncSellers(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	_, first := post(t, server.URL+"/webhooks/lead", `{"id": "L-1"}`)
	_, second := post(t, server.URL+"/webhooks/lead", `{"id": "L-2"}`)
	if !strings.Contains(first, `"owner":"bo"`) || !strings.Contains(second, `"status":"waiting"`) {
		t.Fatalf("bo has one place, and the answers are\n%s%s", first, second)
	}
	deliverAll(t, s)
	if got := crm.owners["L-2"]; got.Owner != "" {
		t.Errorf("the CRM has %q as the owner of a lead that waits", got.Owner)
	}
	if status, text := post(t, server.URL+"/leads/L-1/closed?outcome=won", ""); status != http.StatusNoContent {
		t.Fatalf("closing L-1 is answered %d: %s", status, text)
	}
	deliverAll(t, s)
	if got := crm.owners["L-2"]; got.Owner != "bo" {
		t.Errorf("bo's place is free, and the CRM has %q as the owner of the lead that waited", got.Owner)
	}
	answer, err := http.Get(server.URL + "/leads/L-2/why?rep=bo")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "went to bo") {
		t.Errorf("bo is told %q (%v)", text, err)
	}
}

// Whatever changes an owner reaches the CRM, also what somebody does by hand.
func TestOwnersThatChangeByHand(t *testing.T) {
	crm := newCRM(t)
	s := open(t, filepath.Join(t.TempDir(), "embed.db"), crm)
	defer s.Close()
	owner := func(what, want string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		deliverAll(t, s)
		if got := crm.owners["L-1"]; got.Owner != want || got.Version == 0 {
			t.Errorf("after %s the CRM has the owner %q, want %q", what, got.Owner, want)
		}
	}
	d, err := s.Take(t.Context(), Lead{ID: "L-1"})
	owner("the decision", d.Rep, err)
	owner("a transfer", "ana", s.desk.Transfer(t.Context(), "L-1", "ana"))
	owner("the end of the work", "ana", s.Finish(t.Context(), "L-1", allocation.Won))
	d, err = s.desk.Reassign(t.Context(), allocation.Customer{ID: "L-1", Key: "renewal"})
	owner("a second decision", d.Rep, err)
	owner("a void", "", s.desk.Void(t.Context(), "L-1", "not a lead"))
}

// Bad requests are answered as such and leave nothing behind.
func TestBadWebhooks(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "embed.db"), newCRM(t))
	defer s.Close()
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for body, want := range map[string]int{
		`{`: 400, `{"id": 5}`: 400, `{"id": ""}`: 422, `{"id": "L-1", "language": "` + strings.Repeat("x", 5000) + `"}`: 422,
	} {
		if status, text := post(t, server.URL+"/webhooks/lead", body); status != want {
			t.Errorf("%.40s is answered %d (%s), want %d", body, status, text, want)
		}
	}
	if status, _ := post(t, server.URL+"/leads/L-9/closed?outcome=won", ""); status != http.StatusNotFound {
		t.Errorf("closing a lead that never came is answered %d, want 404", status)
	}
	var n int
	if err := s.store.DB().QueryRow("SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM decisions)").Scan(&n); err != nil || n != 0 {
		t.Errorf("bad webhooks leave %d rows behind (%v)", n, err)
	}
}

// A rule that names a field which the struct does not have stops the service
// from starting, and says which one was meant.
func TestATypoInARule(t *testing.T) {
	text := bytes.Replace(policyText, []byte("lead.employees"), []byte("lead.employes"), 1)
	_, err := policy.Parse("policy.yaml", text, nil, policy.WithCustomer[Lead](), policy.WithRep[Seller]())
	const want = `
policy.yaml:18:12: the lead has no field "employes"
  |     when: (lead.employes ?? 0) >= 500
  |            ^^^^^^^^^^^^^
Maybe lead.employees
`
	if err == nil || err.Error() != strings.TrimSpace(want) {
		t.Errorf("the error is\n%v\nwant%s", err, want)
	}
}

// What the tag "-" keeps from the rules is not in the ledger either.
func TestTheLedgerHoldsNoAddress(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "embed.db"), newCRM(t))
	defer s.Close()
	if _, err := s.Take(t.Context(), Lead{ID: "L-1", Email: "kim@example.com", Language: "en"}); err != nil {
		t.Fatal(err)
	}
	for e, err := range s.store.Entries(t.Context(), "default", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(e.Fields)+string(e.Body), "kim@") {
			t.Errorf("entry %d holds an address: %s %s", e.Seq, e.Fields, e.Body)
		}
	}
}

func TestPolicy(t *testing.T) {
	policy.RunTests(t, "policy.yaml", policy.WithCustomer[Lead](), policy.WithRep[Seller]())
}

// The program starts, answers, and ends when it is told to; its end is orderly:
// the file opens again with what was answered.
func TestServe(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	file := filepath.Join(t.TempDir(), "embed.db")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, address, file, &CRM{}) }()
	var answer *http.Response
	for answer == nil {
		select {
		case err := <-ended:
			t.Fatalf("the service ended before it was told to: %v", err)
		default:
			answer, _ = http.Post("http://"+address+"/webhooks/lead", "application/json", strings.NewReader(`{"id": "L-1"}`))
		}
	}
	answer.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end is not orderly: %v", err)
	}
	if err := serve(t.Context(), "nowhere:-1", file, &CRM{}); err == nil || errors.Is(err, http.ErrServerClosed) {
		t.Errorf("an address that cannot be listened on is no error: %v", err)
	}
}
