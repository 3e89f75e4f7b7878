import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('lab');
if (target === null) throw new Error('index.html has no #lab');
mount(App, { target });
