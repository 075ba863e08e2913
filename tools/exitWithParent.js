// Preloaded into the web process: ends it when the process that started it is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
