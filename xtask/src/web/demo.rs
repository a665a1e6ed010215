//! The demo page.

use super::build;
use crate::shell::{Done, cargo, root, run};
use std::process::Command;

/// Builds the demo page and serves it: a digit drawn is recognised by the model that the example `digits` trained, and the page can train
/// one itself.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// The port to serve at.
    #[arg(long, default_value_t = 4173)]
    port: u16,
    /// Builds the static page into web/demo/dist, and does not serve it.
    #[arg(long)]
    build: bool,
}

impl Demo {
    pub(crate) fn run(&self) -> Done {
        build(false)?;
        page()?;
        if self.build {
            println!("web/demo/dist holds the page; any web server can serve it");
            return Ok(());
        }
        let port = self.port.to_string();
        vite(&["preview", "demo", "--port", &port, "--strictPort"])
    }
}

/// Builds the page, with the images and a model that was trained natively.
pub(super) fn page() -> Done {
    let public = root().join("web/demo/public");
    let (model, data) = (public.join("model"), public.join("data"));
    if !model.join("model.json").exists() {
        let mut train = cargo(&["run", "--release", "--example", "digits", "--", "--save"]);
        run(train.arg(&model))?;
    }
    std::fs::create_dir_all(&data)?;
    for file in std::fs::read_dir(root().join("data/digits"))? {
        let path = file?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|e| e == "gz")) {
            std::fs::copy(&path, data.join(name))?;
        }
    }
    vite(&["build", "demo", "--config", "demo/vite.config.mjs"])
}

fn vite(args: &[&str]) -> Done {
    let web = root().join("web");
    run(Command::new("node").arg(web.join("node_modules/vite/bin/vite.js")).args(args).current_dir(&web))
}
