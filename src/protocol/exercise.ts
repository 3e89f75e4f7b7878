/** Exercises by hand: questions one after another about something that is drawn, each held against the engine at once. */

/** One question. Answers are ids: of choices, or of marks in the drawing (pages, tables, versions) in digits. */
export interface TaskStep {
  readonly id: string;
  readonly question: string;
  /** One or several of what is drawn, or of the choices beside it; `one`: one of the choices. */
  readonly answer: 'page' | 'pages' | 'table' | 'tables' | 'versions' | 'one';
  readonly choices: readonly { readonly id: string; readonly text: string }[];
}

export interface GradedStep {
  readonly id: string;
  readonly right: boolean;
  /** The answer that is right, as ids. */
  readonly truth: readonly string[];
  /** What the engine did that makes it so. */
  readonly because: string;
}

/** What was asked, as every exercise has it. */
export interface Exercise {
  readonly kind: string;
  readonly seed: number;
  readonly title: string;
  /** What is about to happen. */
  readonly situation: string;
  readonly steps: readonly TaskStep[];
}

export interface ExerciseGrade {
  /** The steps that were answered, in their order. */
  readonly steps: readonly GradedStep[];
  /** Once every step was answered. */
  readonly outcome?: { readonly passed: boolean };
}
