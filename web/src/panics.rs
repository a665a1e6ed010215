//! What a panic says, on the console: the module is of no use after it, and the trap alone tells nothing.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Has panics told.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| error(&format!("wgflow: a bug of this library: {info}"))));
}
