import '@fontsource/ibm-plex-sans/latin-400.css';
import '@fontsource/ibm-plex-sans/latin-500.css';
import '@fontsource/ibm-plex-sans/latin-600.css';
import '@fontsource/ibm-plex-mono/latin-400.css';
import '@fontsource/ibm-plex-mono/latin-500.css';
import '@fontsource/ibm-plex-mono/latin-600.css';
import { mount } from 'svelte';
import './theme.css';
import './base.css';
import './panels.css';
import App from './App.svelte';

const target = document.getElementById('lab');
if (target === null) throw new Error('index.html has no #lab');
mount(App, { target });
