// Delayed jobs with BullMQ: many that wait for hours, then some that are due within ten seconds, and how late they come.
// Prints one line of JSON.
//
//   node bullmq.cjs REDIS-URL WAITING DUE
'use strict'

const IORedis = require('ioredis')
const { Queue, Worker } = require('bullmq')

const HOURS = 6 * 3600 * 1000
const SPAN = 10_000
const AT_ONCE = 1_000

async function main () {
  const [url, waiting, due] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
  const connect = () => new IORedis(url, { maxRetriesPerRequest: null })
  const redis = connect()
  const queue = new Queue('bench', { connection: redis })
  const memory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1])
  const job = (n, delay, at) => ({
    name: 'm',
    data: { topic: 'app.bench', pad: 'x'.repeat(200), n, at },
    opts: { delay, removeOnComplete: true }
  })

  const before = await memory()
  const began = process.hrtime.bigint()
  for (let from = 0; from < waiting; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, waiting - from)
    await queue.addBulk(Array.from({ length: count }, (_, i) => job(from + i, HOURS + from + i, 0)))
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  const bytes = await memory() - before

  const late = []
  const worker = new Worker('bench', async (each) => {
    if (each.data.at) late.push(Date.now() - each.data.at)
  }, { connection: connect(), concurrency: 100 })
  await worker.waitUntilReady()
  const start = Date.now() + 3_000
  const jobs = []
  for (let i = 0; i < due; i++) {
    const at = start + Math.floor(i * SPAN / due)
    jobs.push(job(i, at - Date.now(), at))
  }
  await queue.addBulk(jobs)
  const end = start + SPAN + 20_000
  while (late.length < due && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  late.sort((a, b) => a - b)
  const at = (share) => late[Math.min(late.length - 1, Math.floor(late.length * share))]
  console.log(JSON.stringify({
    'added per s': waiting / seconds,
    'Redis MiB': bytes / 1048576,
    'Redis bytes each': bytes / waiting,
    'lateness p50 ms': at(0.5),
    'lateness p99 ms': at(0.99),
    'lateness max ms': at(1),
    'due and not there': due - late.length
  }))
  process.exit(0)
}

main().catch((failure) => {
  console.error(failure)
  process.exit(1)
})
