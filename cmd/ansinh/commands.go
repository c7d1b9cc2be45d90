package main

import (
	"slices"
	"sync"
)

// commands lists every command in the order in which help shows them.
var commands = sync.OnceValue(func() []command {
	return slices.Concat(demoCommands(), workCommands(), sandboxCommands(), listCommands(), registryCommands(), batchCommands(), handCommands(), paymentCommands(),
		settlementCommands(), officeCommands(), ledgerCommands(), databaseCommands(), dispatchCommands(), backupCommands(), doctorCommands(),
		submissionCommands(), benchCommands(), userCommands(), storybookCommands())
})
