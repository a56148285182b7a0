package rule

// mark is a part of a rule that depends on the rep alone: one bit for
// each rep, worked out when he changes.
type mark struct {
	node  *node // structure
	share int   // steps of each heavy leaf
	slots []int

	yes, no rowset // in neither: unknown
}

func (c *mark) update(row, _ int, _, after Record) {
	f := frame{env: &Env{Rep: after}, share: c.share}
	t := c.node.truth(&f)
	c.yes.put(row, t == True)
	c.no.put(row, t == False)
}
