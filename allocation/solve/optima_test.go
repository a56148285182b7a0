package solve_test

import (
	"context"
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/evenhand/evenhand/allocation/solve"
)

// TestOptima solves the published instances and compares with the optima found
// by others. They are not part of the repository.
func TestOptima(t *testing.T) {
	file, err := os.Open("../../../shared/tools/transport/optima.csv")
	if err != nil {
		t.Skip("no table of optima beside the repository: ", err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil || len(table) < 2 {
		t.Fatalf("the table of optima must be readable: %d rows, %v", len(table), err)
	}
	for _, line := range table[1:] {
		t.Run(line[1], func(t *testing.T) {
			var n [5]float64
			for k, column := range []int{2, 3, 4, 6, 8} {
				if n[k], err = strconv.ParseFloat(line[column], 64); err != nil {
					t.Fatal(err)
				}
			}
			seed, err := strconv.ParseUint(line[7], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			p := published(line[5], int(n[0]), int(n[1]), n[2], n[3], seed)
			s, err := solve.Solve(context.Background(), p, solve.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Total != int64(n[4]) {
				t.Errorf("the optimum is %d, not %d", int64(n[4]), s.Total)
			}
			if err := solve.Check(p, s); err != nil {
				t.Error(err)
			}
		})
	}
}

// published draws the same instance as the generator beside the table: same
// random numbers in the same order.
func published(kind string, customers, reps int, density, room float64, seed uint64) *solve.Problem {
	random := rand.New(rand.NewPCG(seed, 7))
	p := &solve.Problem{Max: rooms(random, reps, int(math.Round(room*float64(customers))))}
	skill, x, y := make([]float64, reps), make([]float64, reps), make([]float64, reps)
	for r := range skill {
		skill[r], x[r], y[r] = 0.5+random.Float64(), random.Float64(), random.Float64()
	}
	eligible := max(1, int(math.Round(density*float64(reps))))
	order, marked := make([]int, reps), make([]bool, reps)
	for r := range order {
		order[r] = r
	}
	for range customers {
		for k := range eligible {
			j := k + random.IntN(reps-k)
			order[k], order[j] = order[j], order[k]
			marked[order[k]] = true
		}
		value := math.Exp(0.8 * random.NormFloat64())
		px, py := random.Float64(), random.Float64()
		var chosen []int32
		var scores []int64
		for r := range reps {
			if !marked[r] {
				continue
			}
			marked[r] = false
			score := 0
			switch kind {
			case "uni":
				score = 1 + random.IntN(1000)
			case "tie":
				score = 1 + random.IntN(10)
			case "prod":
				score = min(5000, 1+int(200*value*skill[r]+20*random.Float64()))
			case "geo":
				score = 1 + int(1000*math.Exp(-3*math.Hypot(px-x[r], py-y[r]))*(0.7+0.3*skill[r]))
			}
			chosen, scores = append(chosen, int32(r)), append(scores, int64(score))
		}
		p.Append(chosen, scores)
	}
	return p
}

func rooms(random *rand.Rand, reps, total int) []int64 {
	weights, sum := make([]float64, reps), 0.0
	for r := range weights {
		weights[r] = math.Exp(0.5 * random.NormFloat64())
		sum += weights[r]
	}
	room, reached, before := make([]int64, reps), 0.0, 0
	for r, w := range weights {
		reached += w / sum * float64(total)
		now := int(math.Round(reached))
		room[r], before = int64(now-before), now
	}
	return room
}
