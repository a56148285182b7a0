package allocation

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// WriteCSV writes the plan's rows, a line each below a line of names. Scores are
// decimals.
func (p *Plan) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"kind", "customer", "episode", "status", "rep", "from", "rule", "reason", "score", "units", "fault"}); err != nil {
		return err
	}
	for i := range p.Rows {
		row := &p.Rows[i]
		score := ""
		if row.Part >= 0 && row.Status == StatusAssigned && p.Parts[row.Part].Goal != GoalInOrder {
			score = p.Parts[row.Part].amount(row.Score)
		}
		if err := out.Write([]string{row.Kind, row.Customer, strconv.Itoa(row.Episode), string(row.Status), row.Rep, row.From,
			row.Rule, row.Reason, score, strconv.FormatInt(row.Units, 10), row.Fault}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteJSON writes the plan as indented JSON. Scores and prices are integers by
// the scale of their part.
func (p *Plan) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p)
}
