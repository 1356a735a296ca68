"""Administration: dealers, people, bulk import, company rules, audit trail. Needs the network."""
