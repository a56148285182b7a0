package solve

// label says how near a node is to the sources: how much score is lost.
type label struct {
	dist   int64
	node   int32
	expand bool // not the node itself: look again at the rows there
}

// labels is a binary heap.
type labels []label

func (q *labels) push(l label) {
	*q = append(*q, l)
	h, i := *q, len(*q)-1
	for i > 0 {
		parent := (i - 1) / 2
		if l.dist >= h[parent].dist {
			break
		}
		h[i], i = h[parent], parent
	}
	h[i] = l
}

func (q *labels) pop() label {
	h := *q
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	if len(h) > 0 {
		h.sink(last)
	}
	return top
}

// sink puts a label into the hole at the root.
func (h labels) sink(l label) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].dist < h[child].dist {
			child++
		}
		if h[child].dist >= l.dist {
			break
		}
		h[i], i = h[child], child
	}
	h[i] = l
}
