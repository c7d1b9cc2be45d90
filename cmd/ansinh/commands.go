package main

import (
	"slices"
	"sync"
)

// commands lists every command in the order in which help shows them.
var commands = sync.OnceValue(func() []command {
	return slices.Concat(
		demoCommands(),
		setupCommands(),
		workCommands(),
		sandboxCommands(),
		listCommands(),
		registryCommands(),
		personCommands(),
		verifyCommands(),
		freshCommands(),
		refusalCommands(),
		batchCommands(),
		handCommands(),
		paymentCommands(),
		settlementCommands(),
		officeCommands(),
		ledgerCommands(),
		databaseCommands(),
		dispatchCommands(),
		backupCommands(),
		doctorCommands(),
		submissionCommands(),
		benchCommands(),
		userCommands(),
		storybookCommands(),
	)
})
