/**
 * What is wrong with the configuration of a step. Thrown while it is compiled; src/config/steps adds the place and
 * makes it a CONFIG_INVALID.
 */

/** Names the option and says what to write instead. */
export class StepProblem extends Error {
  readonly option: string

  constructor(option: string, problem: string) {
    super(problem)
    this.name = 'StepProblem'
    this.option = option
  }
}
