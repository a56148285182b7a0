package allocation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Comparison is a live desk beside its shadow: how each decided the customers
// who came since the shadow began.
type Comparison struct {
	Live         string `json:"live"`   // desk
	Shadow       string `json:"shadow"` // desk
	LivePolicy   string `json:"live_policy"`
	LiveHash     string `json:"live_policy_hash"`
	ShadowPolicy string `json:"shadow_policy"`
	ShadowHash   string `json:"shadow_policy_hash"`
	Began        uint64 `json:"began"` // entry of the live ledger after which the shadow decided along
	UpTo         uint64 `json:"up_to"` // … and up to which

	// Customers = Alike + len(Differences). By hand and undecided are beside it.
	Customers int `json:"customers"`  // decided by both
	Alike     int `json:"alike"`      // with the same status and rep
	OtherRule int `json:"other_rule"` // of these, by another rule
	ByHand    int `json:"by_hand"`    // given by hand, or outside the desk, at last: nobody's decision is compared
	Undecided int `json:"undecided"`  // not decided by the shadow: fields erased, or not readable to its policy

	Reps        []ComparedRep    `json:"reps"`        // by ID
	Rotations   RotationsBeside  `json:"rotations"`   // with the bounds of both
	Differences []DecisionBeside `json:"differences"` // by the live decision
}

// RotationsBeside is the fairness of both desks.
type RotationsBeside struct {
	Live   []RotationReport `json:"live"`
	Shadow []RotationReport `json:"shadow"`
}

// ComparedRep is what a rep got of the compared customers, and what he has open.
type ComparedRep struct {
	Rep         string  `json:"rep"`
	Live        int     `json:"live"`
	Shadow      int     `json:"shadow"`
	LiveShare   float64 `json:"live_share"` // of all that were assigned, 0 to 1
	ShadowShare float64 `json:"shadow_share"`
	LiveOpen    int64   `json:"live_open"` // units
	ShadowOpen  int64   `json:"shadow_open"`
}

// DecisionBeside is a customer whom the two desks decided differently. The
// reasons are sentences, empty where they were not asked for or cannot be given
// any more.
type DecisionBeside struct {
	Live      Decision `json:"live"`
	Shadow    Decision `json:"shadow"`
	WhyLive   string   `json:"why_live,omitempty"`
	WhyShadow string   `json:"why_shadow,omitempty"`
}

// Compare follows the live desk to where it is, holds what the shadow decided
// against what the desk did, and explains the first so many differences, all if
// negative. Cost: that of Follow, both ledgers once, and two explanations for
// each difference that is explained.
func (s *Shadow) Compare(ctx context.Context, explain int) (*Comparison, error) {
	shadow := ShadowDesk(s.cfg.Live, s.cfg.Name)
	upTo, err := s.Follow(ctx)
	if err != nil {
		return nil, err
	}
	theirs, began, err := decisionsOf(ctx, s.cfg.Store, shadow, 0, 0)
	if err != nil {
		return nil, err
	}
	ours := map[CustomerRef]*event{}
	if upTo > began {
		if ours, _, err = decisionsOf(ctx, s.cfg.Store, s.cfg.Live, began, upTo); err != nil {
			return nil, err
		}
	}
	c := &Comparison{Live: s.cfg.Live, Shadow: shadow, Began: began, UpTo: upTo, Differences: []DecisionBeside{}}
	got := map[string]*ComparedRep{}
	if err := c.stand(ctx, &s.cfg, upTo, got); err != nil {
		return nil, err
	}
	for _, live := range inOrder(ours) {
		c.compare(live, theirs[live.ref()], got)
	}
	c.share(got)
	for i := range c.Differences {
		if explain < 0 || i < explain {
			if err := c.Differences[i].explain(ctx, &s.cfg); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// decisionsOf reads each customer's last decision after a version. Of a shadow
// it also tells at which entry of the live ledger it began.
func decisionsOf(ctx context.Context, store Store, desk string, after, upTo uint64) (map[CustomerRef]*event, uint64, error) {
	last := map[CustomerRef]*event{}
	began, first := uint64(0), true
	for entry, err := range store.Entries(ctx, desk, after, upTo) {
		if err != nil {
			return nil, 0, err
		}
		if !first && !entry.Event.decides(viaReconciled) {
			continue
		}
		e, err := decode(entry)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		if first {
			began, first = e.Live, false
		}
		if e.Event.decides(e.Via) {
			last[e.ref()] = e
		}
	}
	return last, began, nil
}

func inOrder(decisions map[CustomerRef]*event) []*event {
	var all []*event
	for _, e := range decisions {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *event) int { return cmp.Compare(a.Seq, b.Seq) })
	return all
}

// stand notes the policies, who is there, what is open, and the rotations.
func (c *Comparison) stand(ctx context.Context, cfg *ShadowConfig, upTo uint64, got map[string]*ComparedRep) error {
	live, err := reportAt(ctx, Config{Desk: c.Live, Store: cfg.Store, Compile: cfg.Compile}, upTo)
	if err != nil {
		return err
	}
	shadow, err := reportAt(ctx, Config{Desk: c.Shadow, Store: cfg.Store, Policy: cfg.Policy}, 0)
	if err != nil {
		return err
	}
	c.LivePolicy, c.LiveHash, c.ShadowPolicy, c.ShadowHash = live.Policy, live.Hash, cfg.Policy.Name, cfg.Policy.Hash
	c.Rotations = RotationsBeside{live.Rotations, shadow.Rotations}
	for _, line := range live.Reps {
		got[line.Rep] = &ComparedRep{Rep: line.Rep, LiveOpen: line.Open}
	}
	for _, line := range shadow.Reps {
		if got[line.Rep] == nil {
			got[line.Rep] = &ComparedRep{Rep: line.Rep}
		}
		got[line.Rep].ShadowOpen = line.Open
	}
	return nil
}

// reportAt is the report of a desk as it was at a version; 0 is its end.
func reportAt(ctx context.Context, cfg Config, version uint64) (*Report, error) {
	s, err := loadState(ctx, cfg.Store, cfg.Desk, version)
	if err != nil {
		return nil, err
	}
	if s.policyHash != "" {
		p, err := cfg.policyOf(s)
		if err != nil {
			return nil, err
		}
		if err := s.bindReference(p); err != nil {
			return nil, err
		}
	}
	return s.report(cfg.Desk), nil
}

// compare takes in one customer.
func (c *Comparison) compare(live, shadow *event, got map[string]*ComparedRep) {
	byHand := func(e *event) bool { return e.Via == viaManual || e.Event == EventReconciled }
	switch {
	case byHand(live):
		c.ByHand++
		return
	case shadow == nil || byHand(shadow):
		c.Undecided++
		return
	}
	c.Customers++
	if r := got[live.Rep]; r != nil && live.Status == StatusAssigned {
		r.Live++
	}
	if r := got[shadow.Rep]; r != nil && shadow.Status == StatusAssigned {
		r.Shadow++
	}
	if live.Status == shadow.Status && live.Rep == shadow.Rep {
		c.Alike++
		if live.Rule != shadow.Rule {
			c.OtherRule++
		}
		return
	}
	c.Differences = append(c.Differences, DecisionBeside{Live: live.decision(), Shadow: shadow.decision()})
}

// share works out everybody's share of what was assigned.
func (c *Comparison) share(got map[string]*ComparedRep) {
	var live, shadow int
	for _, r := range got {
		live += r.Live
		shadow += r.Shadow
	}
	for _, id := range sortedKeys(got) {
		r := got[id]
		if live > 0 {
			r.LiveShare = float64(r.Live) / float64(live)
		}
		if shadow > 0 {
			r.ShadowShare = float64(r.Shadow) / float64(shadow)
		}
		c.Reps = append(c.Reps, *r)
	}
}

// explain finds the reasons of both sides.
func (d *DecisionBeside) explain(ctx context.Context, cfg *ShadowConfig) (err error) {
	live := Config{Desk: cfg.Live, Store: cfg.Store, Compile: cfg.Compile}
	if d.WhyLive, err = whyBeside(ctx, live, d.Live.Seq, d.Shadow.Rep); err != nil {
		return err
	}
	shadow := Config{Desk: ShadowDesk(cfg.Live, cfg.Name), Store: cfg.Store, Policy: cfg.Policy, Compile: cfg.Compile}
	d.WhyShadow, err = whyBeside(ctx, shadow, d.Shadow.Seq, d.Live.Rep)
	return err
}

// whyBeside says what one side decided and what it says of the rep whom the
// other side chose.
func whyBeside(ctx context.Context, cfg Config, seq uint64, other string) (string, error) {
	if err := cfg.fill(); err != nil {
		return "", err
	}
	x, err := explainEntry(ctx, &cfg, seq, asked{})
	switch {
	case errors.Is(err, ErrCompacted), errors.Is(err, ErrReplayDiverged):
		return "", nil
	case err != nil:
		return "", err
	}
	why := x.headline()
	for i := len(x.Rules) - 1; i >= 0 && other != ""; i-- {
		for _, r := range x.Rules[i].Reps {
			if r.Rep == other {
				return fmt.Sprintf("%s In rule %q, %s.", why, x.Rules[i].Name, strings.TrimSuffix(r.Sentence(), ".")), nil
			}
		}
	}
	return why, nil
}
