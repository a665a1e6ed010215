//! `wgflow-bindgen MODULE.wasm FOLDER`: the glue of a wasm module as an ES module, without its command line tool.

use std::error::Error;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: wgflow-bindgen MODULE.wasm FOLDER".into());
    };
    Bindgen::new()
        .input_path(input)
        .out_name("wgflow_web")
        .web(true)?
        .typescript(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
