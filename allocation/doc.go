// Package allocation walks one customer through a policy to one rep.
package allocation
