package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"time"
)

// Lead is the webhook's body, and what rules read of a lead: lead.employees,
// lead.account_owner. The tag "-" keeps a field from rules and from the ledger.
type Lead struct {
	ID           string `json:"id"`
	Company      string `json:"company" evenhand:"name"`
	Email        string `json:"email" evenhand:"-"`
	Employees    *int   `json:"employees"` // nil is missing, not 0
	Language     string `json:"language"`
	AccountOwner string `json:"account_owner"`
}

// Seller is a row of the table sellers, and what rules read of a rep.
type Seller struct {
	Login     string `evenhand:"id"`
	Teams     []string
	Languages []string
	FullTime  float64
	Capacity  int
}

// CRM is where leads have an owner. With no URL changes are only logged.
type CRM struct {
	URL    string
	Client http.Client
}

// Ownership is what the CRM is told. The same version may come twice, after a
// crash; a version below the last that was taken means nothing any more.
type Ownership struct {
	Lead    string `json:"lead"`
	Owner   string `json:"owner"` // empty: nobody
	Version uint64 `json:"version"`
}

// SetOwner tells the CRM who owns a lead.
func (c *CRM) SetOwner(ctx context.Context, o Ownership) error {
	if c.URL == "" {
		log.Printf("crm: lead %s is owned by %q (version %d)", o.Lead, o.Owner, o.Version)
		return nil
	}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, c.URL+"/leads/"+url.PathEscape(o.Lead)+"/owner", bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := c.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("crm: lead %s: %s", o.Lead, answer.Status)
	}
	return nil
}
