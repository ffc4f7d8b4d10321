/**
 * Where the page lies, for the program that serves it. The page itself is in `page/`: HTML, CSS and ES modules that
 * the browser runs as they are. Nothing here opens a file or a socket.
 */
import { fileURLToPath } from 'node:url';

/** Folder with `index.html` and what it links under `/assets/`. */
export const pageFolder: string = fileURLToPath(new URL('../page', import.meta.url));

/** The browser bundle of MQTT.js, an ES module; the page imports it from `/vendor/mqtt.js`. */
export const mqttModule: string = fileURLToPath(new URL('mqtt.esm.js', import.meta.resolve('mqtt/dist/mqtt.esm.js')));
