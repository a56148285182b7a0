package storetest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// KillTarget is a store whose process is killed.
type KillTarget struct {
	// Open opens the database in dir, a new one when the folder is empty. The
	// caller closes it; Open may also have the test close it, since closing
	// twice is no harm.
	Open func(t *testing.T, dir string) allocation.Store
	// Checkpoint does what the store does from time to time by itself, such as
	// moving a log into a table. draw is a random number of 0 to 999, for
	// stores that know several ways. Nil does nothing.
	Checkpoint func(ctx context.Context, store allocation.Store, draw int) error
}

// killsVariable is how many processes KillDesk kills. Defaults to 10.
const killsVariable = "EVENHAND_KILLS"

// KillDesk kills processes that work on a desk, at random moments, with what
// the operating system offers for it (SIGKILL), and looks at what each of them
// has left:
//
//   - the store opens, and so does a desk on it;
//   - every decision that was answered is there as it was answered, and every
//     customer whose release or void was answered has ended;
//   - every plan is there whole or not at all, and as it was answered;
//   - no customer has two owners and no rep is over a cap, by a recount from the
//     entries alone;
//   - the chain holds, and what was there before is unchanged;
//   - the state loaded from snapshot and tail is the fold of all entries from
//     the first, byte for byte;
//   - asking again gives the recorded decision.
//
// A victim has eight writers. They send customers one to five times at once, send
// several as one request, plan, release, void, compact and checkpoint. Its groups,
// snapshots and caps are drawn anew each time. Databases live through up to 25
// kills; a quarter of the kills is followed by another before anybody looks.
//
// EVENHAND_KILLS in the environment says how many, and defaults to 10. Cost:
// about 50 ms each. It logs where the kills hit.
func KillDesk(t *testing.T, target KillTarget) {
	if dir := os.Getenv(childDir); dir != "" {
		runVictim(t, dir, target)
		return
	}
	kills := 10
	if text := os.Getenv(killsVariable); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil || kills < 1 {
			t.Fatalf("%s is %q, and should be how many processes to kill", killsVariable, text)
		}
	}
	var left atomic.Int64
	left.Store(int64(kills))
	seed := rand.Uint64()
	var tally killTally
	var lanes sync.WaitGroup
	const lanesAtOnce = 2 // while one waits for a disk, the other works
	for i := range lanesAtOnce {
		lanes.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for left.Load() > 0 && !t.Failed() {
				killDatabase(t, target, rng, &left, &tally)
			}
		})
	}
	lanes.Wait()
	t.Log(tally.String())
}

// killDatabase takes a new database through some kills.
func killDatabase(t *testing.T, target KillTarget, rng *rand.Rand, left *atomic.Int64, tally *killTally) {
	dir, err := os.MkdirTemp("", "evenhand-kill-")
	if err != nil {
		t.Error(err)
		return
	}
	s := newSurvivor(t, target, dir)
	for life := 1 + rng.IntN(1+rng.IntN(25)); life > 0; life-- {
		more := left.Add(-1)
		if more < 0 {
			life = 1
		} else {
			s.kill(rng, tally)
		}
		if rng.IntN(4) > 0 || life == 1 || more <= 0 {
			s.audit(rng, tally)
		}
		if t.Failed() {
			t.Logf("the database is kept in %s", dir)
			return
		}
	}
	s.end()
}

// A killPlan is when to kill: after a time, or after a line that begins with
// word, and a moment more.
type killPlan struct {
	after time.Duration // from the start; 0: not by time
	word  string
	count int // the line is that often seen
	spin  time.Duration
}

// drawPlan spreads kills over the whole life of a victim.
func drawPlan(rng *rand.Rand, fresh bool) killPlan {
	p := killPlan{spin: time.Duration(rng.IntN(1500)) * time.Microsecond}
	phases := []string{phaseOpen, phaseLoad, phaseSnapshot, phaseCompact, phaseCheckpoint, phaseClose, phasePlan, phasePlanned}
	draw := rng.IntN(100)
	if fresh {
		phases = []string{phaseCreate, phaseCreate, phaseCreate, phaseLoad, phaseFirst}
		draw += 25
	}
	switch {
	case draw < 15: // starting, opening
		p.after = time.Duration(1+rng.IntN(20_000)) * time.Microsecond
	case draw < 60: // at full speed
		p.word, p.count = saidAck, 1+rng.IntN(1+rng.IntN(200))
	default: // where things are rare
		p.word, p.count = saidEnter+phases[rng.IntN(len(phases))], 1
		if !fresh {
			p.count += rng.IntN(3)
			if p.word != saidEnter+phasePlan {
				p.spin = time.Duration(rng.IntN(300)) * time.Microsecond // they are short
			}
		}
	}
	return p
}

// patience is how many decisions a victim may answer before it is killed
// whatever the plan says.
const patience = 250

// kill starts a victim and kills it.
func (s *survivor) kill(rng *rand.Rand, tally *killTally) {
	s.kills++
	cmd := child(s.T, s.dir, "victim")
	cmd.Stdin = s.job(rng)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		s.Error(err)
		return
	}
	last := s.listen(cmd, stdout, drawPlan(rng, s.head.Version == 0))
	cmd.Wait() // it was killed, so it reports a signal
	if last.failure != "" || cmd.ProcessState.Exited() {
		s.Errorf("a process on the database of killed ones works like any other; it failed:\n%s%s%s", last.failure, last.other.String(), stderr.String())
	}
	tally.add(last)
}

// lastWords is what came from a victim.
type lastWords struct {
	started bool // it has said something
	acks    int
	inside  map[string]int // phases entered and not left
	failure string
	other   strings.Builder
}

// listen kills the victim as planned, and reads what it said to the end.
func (s *survivor) listen(cmd *exec.Cmd, stdout io.Reader, plan killPlan) *lastWords {
	last := &lastWords{inside: map[string]int{}}
	var once sync.Once
	kill := func() { once.Do(func() { cmd.Process.Kill() }) }
	if plan.after > 0 {
		timer := time.AfterFunc(plan.after, kill)
		defer timer.Stop()
	}
	seen := 0
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.Errorf("reading from the victim: %v", err)
			}
			break
		}
		s.hear(last, strings.TrimSuffix(line, "\n"))
		if plan.word != "" && strings.HasPrefix(line, plan.word) {
			if seen++; seen == plan.count {
				time.AfterFunc(plan.spin, kill)
			}
		}
		if last.acks == patience {
			kill()
		}
	}
	return last
}

// hear takes note of one line.
func (s *survivor) hear(last *lastWords, line string) {
	if phase, ok := strings.CutPrefix(line, saidEnter); ok {
		last.started = true
		last.inside[phase]++
	} else if phase, ok := strings.CutPrefix(line, saidLeave); ok {
		last.inside[phase]--
	} else if text, ok := strings.CutPrefix(line, saidAck); ok {
		var a ack
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			s.Errorf("the victim said %q: %v", line, err)
		}
		last.acks++
		s.acks = append(s.acks, a)
	} else if text, ok := strings.CutPrefix(line, saidPlan); ok {
		var a planAck
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			s.Errorf("the victim said %q: %v", line, err)
		}
		last.acks++
		s.planAcks = append(s.planAcks, a)
	} else if id, ok := strings.CutPrefix(line, saidEnded); ok {
		s.ended = append(s.ended, id)
	} else if failure, ok := strings.CutPrefix(line, saidError); ok {
		last.failure = failure
	} else {
		last.other.WriteString(line + "\n")
	}
}

// job is what the next victim is told.
func (s *survivor) job(rng *rand.Rand) io.Reader {
	s.compact = s.head.Version
	job := victimJob{
		Seed: rng.Uint64(), Prefix: fmt.Sprintf("k%d", s.kills), Clock: s.now, Compact: s.compact,
		Fill: 3 + rng.IntN(60), Open: slices.Sorted(maps.Keys(s.open)),
	}
	for i := 0; i < 20 && len(s.order) > 0; i++ {
		job.Known = append(job.Known, s.order[rng.IntN(len(s.order))])
	}
	text, err := json.Marshal(&job)
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(text)
}

// killTally counts where kills hit.
type killTally struct {
	mu      sync.Mutex
	kills   int
	phases  map[string]int
	answers map[string]int
	acks    int
	plans   planTally
}

// planTally counts plans.
type planTally struct{ answered, unanswered, customers, moves int }

// addPlans counts what was found at an audit.
func (k *killTally) addPlans(found planTally) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plans.answered += found.answered
	k.plans.unanswered += found.unanswered
	k.plans.customers += found.customers
	k.plans.moves += found.moves
}

// phasesByRarity: a victim that was in several at once is counted in the first.
var phasesByRarity = []string{phaseCreate, phaseOpen, phaseClose, phaseCheckpoint, phaseCompact, phaseFirst, phasePlanned, phasePlan, phaseSnapshot, phaseAppend, phaseDecide, phaseLoad}

func (k *killTally) add(last *lastWords) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.phases == nil {
		k.phases, k.answers = map[string]int{}, map[string]int{}
	}
	where := "between two requests"
	if !last.started {
		where = "before it began"
	}
	for _, phase := range phasesByRarity {
		if last.inside[phase] > 0 {
			where = phase
			break
		}
	}
	k.kills++
	k.phases[where]++
	k.acks += last.acks
	switch {
	case last.acks == 0:
		k.answers["0"]++
	case last.acks <= 10:
		k.answers["1 to 10"]++
	case last.acks <= 100:
		k.answers["11 to 100"]++
	default:
		k.answers["more than 100"]++
	}
}

// String is the histogram.
func (k *killTally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d processes killed, %d answers\n", k.kills, k.acks)
	fmt.Fprintf(&b, "%d plans that were answered and %d that were not, each whole, with %d customers of whom %d were moved\n",
		k.plans.answered, k.plans.unanswered, k.plans.customers, k.plans.moves)
	for _, h := range []struct {
		title  string
		counts map[string]int
	}{{"killed while", k.phases}, {"after so many answers", k.answers}} {
		fmt.Fprintln(&b, h.title)
		for _, name := range slices.Sorted(maps.Keys(h.counts)) {
			fmt.Fprintf(&b, "  %6d  %s\n", h.counts[name], name)
		}
	}
	return b.String()
}
