package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"

	"github.com/evenhand/evenhand/allocation"
)

// Handler serves the webhook and what people ask.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/lead", s.lead)
	mux.HandleFunc("POST /leads/{id}/closed", s.closed)
	mux.HandleFunc("GET /leads/{id}/why", s.why)
	return mux
}

// lead answers a webhook. Everything in the answer is the recorded decision, so
// that a repeated delivery gets the same bytes.
func (s *Service) lead(w http.ResponseWriter, r *http.Request) {
	var lead Lead
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&lead); err != nil {
		http.Error(w, "the body is no lead: "+err.Error(), http.StatusBadRequest)
		return
	}
	d, err := s.Take(r.Context(), lead)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"lead": d.Customer, "status": d.Status, "owner": d.Rep, "rule": d.Rule, "reason": d.Reason, "version": d.Seq})
}

// closed takes ?outcome=won.
func (s *Service) closed(w http.ResponseWriter, r *http.Request) {
	if err := s.Finish(r.Context(), r.PathValue("id"), allocation.Outcome(r.FormValue("outcome"))); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// why explains a decision, with ?rep=bo to one rep who asks about himself.
func (s *Service) why(w http.ResponseWriter, r *http.Request) {
	x, err := s.desk.Explain(r.Context(), r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	text := x.String()
	if rep := r.FormValue("rep"); rep != "" {
		text = x.RepString(rep)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}

// fail answers what was wrong with the request, or that it should be sent
// again: nothing is decided twice.
func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, allocation.ErrInput), errors.Is(err, allocation.ErrTime), errors.Is(err, allocation.ErrKeyReused):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case errors.Is(err, allocation.ErrUnknownCustomer):
		http.Error(w, err.Error(), http.StatusNotFound)
	default: // allocation.ErrNotDurable, a full disk, a service that ends
		log.Print(err)
		w.Header().Set("Retry-After", "5")
		http.Error(w, "send it again", http.StatusServiceUnavailable)
	}
}
