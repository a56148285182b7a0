package main

import (
	"embed"
	"encoding/csv"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

//go:embed policy.yaml leads.csv
var files embed.FS

// leads reads two days of leads. Cells stay text: the desk reads them as the
// policy declares its fields, and refuses what it cannot read.
func leads() ([]allocation.Customer, error) {
	f, err := files.Open("leads.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	header, rows := rows[0], rows[1:]
	customers := make([]allocation.Customer, len(rows))
	for i, row := range rows {
		c := allocation.Customer{ID: row[0], Fields: map[string]any{}}
		if c.At, err = time.Parse(time.RFC3339, row[1]); err != nil {
			return nil, err
		}
		for j, cell := range row[2:] {
			if cell != "" {
				c.Fields[header[j+2]] = cell
			}
		}
		customers[i] = c
	}
	return customers, nil
}
