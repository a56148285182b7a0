package rotation

// matching is a matching in a bipartite graph, grown by the algorithm of Hopcroft
// and Karp (SIAM J. Comput. 2(4), 1973).
type matching struct {
	edges       [][]int // from each left node to right nodes
	back        [][]int // from each right node to left nodes
	left, right []int   // partner, or -1
	level       []int   // of left nodes in the current phase
	next        []int   // edge to try next, of left nodes
}

// init prepares the reverse edges and an empty matching.
func (m *matching) init(rights int) {
	m.back = make([][]int, rights)
	for u, edges := range m.edges {
		for _, v := range edges {
			m.back[v] = append(m.back[v], u)
		}
	}
	m.left, m.right = unmatched(len(m.edges)), unmatched(rights)
}

func unmatched(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

// transpose exchanges the sides.
func (m *matching) transpose() {
	m.edges, m.back = m.back, m.edges
	m.left, m.right = m.right, m.left
}

// cover augments from the wanted left nodes until no more of them can be matched.
// Whatever was matched before stays matched.
func (m *matching) cover(wanted func(u int) bool) {
	m.level = make([]int, len(m.edges))
	m.next = make([]int, len(m.edges))
	for m.layer(wanted) {
		clear(m.next)
		for u := range m.edges {
			if m.left[u] < 0 && wanted(u) {
				m.augment(u)
			}
		}
	}
}

// layer numbers the left nodes by their distance from the free wanted ones along
// alternating paths and reports whether a free right node was met.
func (m *matching) layer(wanted func(u int) bool) (found bool) {
	var queue []int
	var last int // a left node from which a free right node was met
	for u := range m.edges {
		m.level[u] = -1
		if m.left[u] < 0 && wanted(u) {
			m.level[u] = 0
			queue = append(queue, u)
		}
	}
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		if found && m.level[u] > m.level[last] {
			break // longer paths wait for a later phase
		}
		for _, v := range m.edges[u] {
			switch w := m.right[v]; {
			case w < 0:
				found, last = true, u
			case m.level[w] < 0:
				m.level[w] = m.level[u] + 1
				queue = append(queue, w)
			}
		}
	}
	return found
}

// augment follows the layers from a free node to a free right node and flips the
// path. It keeps its own stack, as a path can be as long as the batch.
func (m *matching) augment(from int) {
	path := []int{from}
	for len(path) > 0 {
		u := path[len(path)-1]
		if m.next[u] == len(m.edges[u]) {
			m.level[u] = -1
			path = path[:len(path)-1]
			if len(path) > 0 {
				m.next[path[len(path)-1]]++
			}
			continue
		}
		v := m.edges[u][m.next[u]]
		switch w := m.right[v]; {
		case w < 0:
			m.flip(path)
			return
		case m.level[w] == m.level[u]+1:
			path = append(path, w)
		default:
			m.next[u]++
		}
	}
}

// flip matches every node of the path with the right node of its current edge.
func (m *matching) flip(path []int) {
	for i := len(path) - 1; i >= 0; i-- {
		u := path[i]
		v := m.edges[u][m.next[u]]
		m.left[u], m.right[v] = v, u
		m.next[u]++
	}
}
