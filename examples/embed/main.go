// Command embed is a small HTTP service that decides with Evenhand who gets
// which lead, as one would write it beside a CRM.
//
//	go run ./examples/embed
//	curl -d '{"id": "L-1", "company": "Acme", "employees": 900, "language": "de"}' localhost:8080/webhooks/lead
//	curl 'localhost:8080/leads/L-1/why?rep=bo'
//	curl -d outcome=won localhost:8080/leads/L-1/closed
//
// It keeps everything in one SQLite file, embed.db unless -file says otherwise.
// With -crm URL it tells a CRM who owns which lead, PUT URL/leads/L-1/owner;
// without, it prints that.
//
// What to look at, in this order:
//
//	crm.go       Lead and Seller: the service's own structs are what rules read
//	policy.yaml  the rules; a name that Lead or Seller does not have is an error
//	             when the service starts, with line, column and the likely fix
//	service.go   opening the desk; reps from a table; deciding on a lead
//	http.go      the webhook, and which errors mean "send it again"
//	outbox.go    telling the CRM: the ledger is the outbox, at least once and in
//	             order; and who calls Advance
//
// # What holds
//
// A webhook that is delivered twice, at once or after a restart, gets the same
// answer byte for byte. The service answers when the decision is on disk. What
// it answered reaches the CRM, though the CRM is down or the service killed
// meanwhile: perhaps twice, never in another order. One instance runs the
// outbox; several may take webhooks on the same file.
//
// # In one transaction, in place of the outbox
//
// A row of your own that must be there exactly when the decision is commits
// with it:
//
//	tx, err := store.DB().BeginTx(ctx, nil)
//	d, err := desk.AssignVia(ctx, store.Via(tx), c)
//	_, err = tx.ExecContext(ctx, "INSERT INTO …", d.Rep)
//	err = tx.Commit()
//
// It holds up the desk until the commit, and cannot tell another system. Hence
// the outbox is the default advice.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	address := flag.String("address", "localhost:8080", "where to listen")
	file := flag.String("file", "embed.db", "the SQLite file")
	crm := flag.String("crm", "", "the CRM's base URL; changes are printed when it is empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *address, *file, &CRM{URL: *crm}); err != nil {
		log.Fatal(err)
	}
}

// serve runs until ctx ends: then it answers what is in flight, and closes.
func serve(ctx context.Context, address, file string, crm *CRM) error {
	s, err := Open(ctx, file, crm, time.Now)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.Background())
	var background sync.WaitGroup
	background.Go(func() { s.Run(running) })

	server := &http.Server{Addr: address, Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("listening on http://%s, deciding in %s", address, file)
	select {
	case err = <-failed:
	case <-ctx.Done():
		patience, cancel := context.WithTimeout(running, 10*time.Second)
		defer cancel()
		err = server.Shutdown(patience)
	}
	stop()
	background.Wait()
	return errors.Join(err, s.Close())
}
