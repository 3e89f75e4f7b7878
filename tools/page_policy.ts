/**
 * The Content-Security-Policy of the built page, as a <meta> tag: the lab must work from any static host, so it
 * cannot count on headers. Only at build: the dev server puts inline scripts and a web socket into the page.
 * It does not reach workers (measured), which is why lint and e2e/requests.spec.ts watch those.
 */
import type { Plugin } from 'vite';

const POLICY = {
  'default-src': "'self'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'manifest-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

export function pagePolicy(): Plugin {
  return {
    name: 'faultline:page-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=/i.exec(html);
        if (inline !== null) throw new Error(`index.html has something inline, which the policy forbids: ${inline[0]}`);
        return [
          {
            tag: 'meta',
            attrs: {
              'http-equiv': 'Content-Security-Policy',
              content: Object.entries(POLICY)
                .map(([directive, sources]) => `${directive} ${sources}`)
                .join('; '),
            },
            // Before anything it should govern.
            injectTo: 'head-prepend',
          },
        ];
      },
    },
  };
}
