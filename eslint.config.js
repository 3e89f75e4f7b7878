import { defineConfig } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import prettier from 'eslint-config-prettier';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** The lab talks to nobody: only src/ui/static_files.ts may fetch, and only what lies beside the page. */
const NETWORK = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'EventSource',
  'importScripts',
  'WebTransport',
  'RTCPeerConnection',
].map((name) => ({
  name,
  message: 'The lab sends nothing anywhere; same-origin data comes from src/ui/static_files.ts.',
}));
const BEACON = {
  object: 'navigator',
  property: 'sendBeacon',
  message: 'The lab sends nothing anywhere.',
};

export default defineConfig(
  { ignores: ['node_modules/', 'dist/', '.cache/', 'test-results/', 'playwright-report/'] },
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // Numbers in messages are the rule here, not the exception.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `(file) => file.close()` reads better than a block around it.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // noUncheckedIndexedAccess makes `!` the honest mark of "the loop bound proves it" in hot loops.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Exhaustive over `kind`, or with a default: both say what happens to the rest.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The compiler allows no enums (`erasableSyntaxOnly`); these two look for them in every value, a fifth of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'off',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**', 'workers/**'],
    rules: {
      'no-restricted-globals': ['error', ...NETWORK],
      'no-restricted-properties': ['error', BEACON],
    },
  },
  { files: ['src/ui/static_files.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // `let { a, b } = $props()` is how props are declared.
      'prefer-const': 'off',
      // Handlers given as props are bound by whoever wrote them.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['tools/**', 'e2e/**', '*.ts', '*.js', '**/*.test.ts', '**/*.bench.ts'],
    languageOptions: { globals: globals.node },
  },
  {
    // Tests hand methods to expect() and keep stand-ins that do nothing.
    files: ['**/*.test.ts', '**/*.browser.ts', 'e2e/**'],
    rules: { '@typescript-eslint/unbound-method': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    // JSDoc types: the compiler checks them, without the words these rules want.
    files: ['**/*.mjs', '**/*.js'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  prettier,
  ...svelte.configs.prettier,
);
