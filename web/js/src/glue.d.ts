/** The glue that wasm-bindgen writes; src/wasm.ts types it. */
declare module '#glue' {
  const init: unknown;
  export default init;
}
