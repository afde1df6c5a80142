/**
 * The jars of Kafka, fetched once by Maven from the repository it is configured for, kept under .stack/.
 * kafka.ts runs them; stack/kafka/pom.xml names the version.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { cacheFolder, repositoryRoot } from './paths.ts'

const pom = join(repositoryRoot, 'stack', 'kafka', 'pom.xml')

/** The version that stack/kafka/pom.xml names. */
export function kafkaVersion(): string {
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    readFileSync(pom, 'utf8'),
  )?.[1]
  if (!version) throw new Error(`${pom} names no version of kafka_2.13`)
  return version
}

/** The folder of the jars; downloads them when it is missing. Throws STACK_PREREQUISITE without Maven. */
export async function ensureKafkaJars(report: (line: string) => void): Promise<string> {
  const version = kafkaVersion()
  const folder = join(cacheFolder, `kafka-${version}`)
  if (existsSync(folder)) return folder
  report(`downloading Kafka ${version} by Maven (once, about 45 MB)`)
  mkdirSync(cacheFolder, { recursive: true })
  // Complete or absent: two runs may download at the same time, and either may be interrupted.
  const partial = mkdtempSync(join(cacheFolder, 'download-'))
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]
    await runCommand('mvn', ['-q', '-B', '-f', pom, ...goal])
    if (!existsSync(join(partial, `kafka_2.13-${version}.jar`))) throw new Error('Maven left no Kafka jar')
    // Made for us alone; other users of this clone may run it too.
    chmodSync(partial, 0o755)
    if (!existsSync(folder)) renameSync(partial, folder)
  } catch (error) {
    if ((error as { cause?: NodeJS.ErrnoException }).cause?.code !== 'ENOENT') throw error
    throw new PipelineError(
      'STACK_PREREQUISITE',
      { missing: 'mvn', remedy: 'install Maven 3.8 or newer' },
      error,
    )
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}
