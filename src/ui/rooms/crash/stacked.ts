/** True while the panel stands under the picture, as the shell lays a narrow page out. */
import { MediaQuery } from 'svelte/reactivity';

export const stacked = new MediaQuery('max-width: 820px');
