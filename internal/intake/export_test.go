package intake

// Serially has a file read strictly, record by record.
func Serially(o Options) Options {
	o.tuning.serial = true
	return o
}

// InBlocks has a file read in blocks of so many bytes, by so many workers.
func InBlocks(o Options, size, workers int) Options {
	o.Workers = workers
	o.tuning = tuning{blockSize: size, patience: 1}
	return o
}
