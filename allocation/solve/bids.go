package solve

// What a node holds is a binary heap, the lowest key first: during the auction,
// and where the search looks at it (network.tidy).

func pushHolding(list []holding, b holding) []holding {
	list = append(list, b)
	riseHolding(list, len(list)-1)
	return list
}

// riseHolding moves a holding up to where its key belongs.
func riseHolding(list []holding, i int) {
	b := list[i]
	for i > 0 {
		parent := (i - 1) / 2
		if list[parent].key <= b.key {
			break
		}
		list[i], i = list[parent], parent
	}
	list[i] = b
}

func popHolding(list []holding) []holding {
	last := len(list) - 1
	b := list[last]
	list = list[:last]
	if last > 0 {
		sinkHolding(list, 0, b)
	}
	return list
}

// sinkHolding puts a holding into a hole.
func sinkHolding(list []holding, i int, b holding) {
	for {
		child := 2*i + 1
		if child >= len(list) {
			break
		}
		if child+1 < len(list) && list[child+1].key < list[child].key {
			child++
		}
		if list[child].key >= b.key {
			break
		}
		list[i], i = list[child], child
	}
	list[i] = b
}

func heapHoldings(list []holding) {
	for i := len(list)/2 - 1; i >= 0; i-- {
		sinkHolding(list, i, list[i])
	}
}
