package solve

// Bids are kept in a binary heap, the lowest first.

func pushBid(h []bid, b bid) []bid {
	h = append(h, b)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].key <= b.key {
			break
		}
		h[i], i = h[parent], parent
	}
	h[i] = b
	return h
}

func popBid(h []bid) []bid {
	last := len(h) - 1
	b := h[last]
	h = h[:last]
	if last > 0 {
		sinkBid(h, 0, b)
	}
	return h
}

// sinkBid puts a bid into a hole.
func sinkBid(h []bid, i int, b bid) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].key < h[child].key {
			child++
		}
		if h[child].key >= b.key {
			break
		}
		h[i], i = h[child], child
	}
	h[i] = b
}

func heapBids(h []bid) {
	for i := len(h)/2 - 1; i >= 0; i-- {
		sinkBid(h, i, h[i])
	}
}
