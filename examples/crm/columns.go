package main

import (
	"fmt"
	"strings"
)

// columns are what a CRM calls the columns of its exports, which are also those
// that its import wants. An empty name is a column that it does not have.
type columns struct {
	crm                                                               string
	id, company, email, country, employees, industry, source, owner   string
	userID, userName, userEmail, role, territory, capacity, userState string
	ownerIs                                                           string // the user's column that an import knows an owner by
}

// dialects are the exports that are understood. Whose it is the column of the
// lead's ID tells. Another CRM is another line.
var dialects = []columns{
	{"HubSpot", "Record ID", "Company Name", "Email", "Country/Region", "Number of Employees", "Industry", "Original Source", "Contact owner",
		"User ID", "Name", "Email", "Role", "Teams", "Capacity", "Status", "Email"},
	{"Salesforce", "Lead ID", "Company", "Email", "Country", "No. of Employees", "Industry", "Lead Source", "Owner ID",
		"User ID", "Full Name", "Email", "Role", "Territory", "Max Open Leads", "Active", "User ID"},
	{"Zoho CRM", "Record Id", "Company", "Email", "Country", "No. of Employees", "Industry", "Lead Source", "Lead Owner",
		"User Id", "Full Name", "Email", "Role", "Territory", "Max Open Leads", "Status", "Full Name"},
	{"Pipedrive", "Lead - ID", "Organization - Name", "Person - Email - Work", "Organization - Country", "Organization - Employees", "Organization - Industry", "Lead - Source", "Lead - Owner",
		"User - ID", "User - Name", "User - Email", "User - Role", "User - Territory", "User - Capacity", "User - Active", "User - Name"},
}

// dialectOf finds whose export a header is.
func dialectOf(header []string) (columns, error) {
	var wanted []string
	for _, d := range dialects {
		for _, name := range header {
			if name == d.id {
				return d, nil
			}
		}
		wanted = append(wanted, fmt.Sprintf("%q (%s)", d.id, d.crm))
	}
	return columns{}, fmt.Errorf("no column holds the lead's ID; looked for %s", strings.Join(wanted, ", "))
}
