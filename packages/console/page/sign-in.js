// Posts the one-time link that the page carries. Only a browser that runs the page spends it; a preview does not.
document.querySelector('#sign-in').requestSubmit();
