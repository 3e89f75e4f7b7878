import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { pagePolicy } from './tools/page_policy.ts';
import { traceSites } from './tools/vite_trace_sites.ts';

/** FAULTLINE_TRACE=off builds without the trace seam, for the benchmark that says what the seam costs. */
const compileOut = process.env['FAULTLINE_TRACE'] === 'off';

export default defineConfig({
  // Relative addresses: the folder works at any sub-path of any static host.
  base: './',
  plugins: [
    traceSites({ compileOut }),
    svelte(),
    pagePolicy(),
    VitePWA({
      // A new version waits until the user accepts it: src/ui/service_worker.ts.
      registerType: 'prompt',
      injectRegister: null,
      manifest: false, // public/manifest.webmanifest
      workbox: {
        globPatterns: ['**/*.{html,js,css,woff2,svg,png,csv,json,txt,webmanifest}'],
        maximumFileSizeToCacheInBytes: 16 * 1024 * 1024,
        inlineWorkboxRuntime: true,
        cleanupOutdatedCaches: true,
        // Every open tab is under the worker, so that every one hears of a new version and none is left on the old.
        clientsClaim: true,
        skipWaiting: false,
        sourcemap: false,
      },
    }),
  ],
  worker: { format: 'es', plugins: () => [traceSites({ compileOut })] },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // No data: addresses for fonts or scripts: the policy allows them for images only.
    assetsInlineLimit: 0,
    sourcemap: true,
  },
});
