//! docs/OPS.md, written from the registry.

use crate::shell::{Done, root};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use wgflow::ops;
use wgflow::tensor::{Attr, AttrSchema, Case, Place, Row};
use wgflow_tests::goldens::{Gradient, OpGoldens, family};

/// Writes the documents that are made from code: docs/OPS.md.
#[derive(clap::Args)]
pub(crate) struct Codegen {
    /// Writes nothing; fails where a document is not what it would be.
    #[arg(long)]
    check: bool,
}

const OPS: &str = "docs/OPS.md";

impl Codegen {
    pub(crate) fn run(&self) -> Done {
        let path = root().join(OPS);
        if self.check {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let problems = stale(&BTreeMap::from([(OPS, &*text)]))?;
            return problems.first().map_or(Ok(()), |p| Err(p.clone().into()));
        }
        std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        std::fs::write(&path, document()?)?;
        println!("{OPS}");
        Ok(())
    }
}

/// Documents among `texts` that differ from what the code gives.
pub(crate) fn stale(texts: &BTreeMap<&str, &str>) -> Result<Vec<String>, Box<dyn Error>> {
    let is = texts.get(OPS).copied().unwrap_or_default();
    let wanted = document()?;
    let same = is.lines().eq(wanted.lines());
    Ok(if same {
        vec![]
    } else {
        vec![format!("{OPS}: not what the registry says; `cargo xtask codegen` writes it anew")]
    })
}

fn document() -> Result<String, Box<dyn Error>> {
    let mut body = String::new();
    let (mut count, mut goldens, mut deviations) = (0, 0, 0);
    for (name, rows) in ops::families() {
        let rows: Vec<&Row> = rows.collect();
        let mut known = family(name);
        write!(body, "\n## {name}\n\n")?;
        body.push_str("| Op | Function | Inputs | Attributes | Dtypes | Gradient | Goldens |\n|---|---|---|---|---|---|---|\n");
        let mut notes = String::new();
        for row in &rows {
            let own = known.remove(row.info.name).unwrap_or_default();
            goldens += own.cases.len() + own.errors.len();
            count += 1;
            body.push_str(&line(row, &own));
            let found = note(row);
            deviations += usize::from(!found.is_empty());
            notes.push_str(&found);
        }
        if !notes.is_empty() {
            write!(
                body,
                "\n### Notes on {name}: deviations, and bounds other than the usual ones\n\n{notes}"
            )?;
        }
    }
    Ok(format!(
        "# Ops

Made from the registry by `cargo xtask codegen`; not edited by hand. {count} ops, {goldens} golden cases made by a real TensorFlow
(tests/goldens/data/MANIFEST.json has its version), {deviations} ops with a note.

- *Op*: the name in `tf.raw_ops`, or that of the function where TensorFlow composes it in Python. `*` marks ops of the host: they read
  their inputs back, and stand in no traced function.
- *Inputs*: those that are tensors; `...` stands for any number of the last.
- *Attributes*: name, type, default.
- *Dtypes*: of inputs in the golden cases. Many ops take more.
- *Gradient*: whether golden cases compare gradients.
- *Goldens*: cases with results, and cases that both refuse.
{body}"
    ))
}

fn line(row: &Row, own: &OpGoldens) -> String {
    let i = row.info;
    let host = if i.place == Place::Host { " *" } else { "" };
    let inputs = format!("{}{}", i.inputs.join(", "), if i.variadic { " ..." } else { "" });
    let attrs: Vec<String> = (row.schema)().iter().map(attribute).collect();
    let dtypes: BTreeSet<&str> = own.cases.iter().flat_map(|c| c.x.iter().map(|x| x.dtype.name())).collect();
    let dtypes = dtypes.into_iter().collect::<Vec<_>>().join(", ");
    let connected = |g: &Gradient| matches!(g, Gradient::Connected(v) if v.contains(&true));
    let gradient = if own.cases.iter().any(|c| connected(&c.gradient)) { "yes" } else { "" };
    let (cases, errors) = (own.cases.len(), own.errors.len());
    format!(
        "| {}{host} | `{}` | {inputs} | {} | {dtypes} | {gradient} | {cases} + {errors} |\n",
        i.name,
        i.api,
        attrs.join(", ")
    )
}

fn attribute(a: &AttrSchema) -> String {
    let default = match &a.default {
        None => String::new(),
        Some(Attr::Str(s)) if s.is_empty() => " = \"\"".into(),
        Some(Attr::Str(s)) => format!(" = {s}"),
        Some(v) => format!(" = {v}"),
    };
    format!("`{}: {}{default}`", a.name, a.ty.replace('|', "\\|"))
}

/// What differs from TensorFlow, one entry a reason.
fn note(row: &Row) -> String {
    let mut lines: Vec<String> = vec![];
    let mut add = |text: String| {
        if !lines.contains(&text) {
            lines.push(text);
        }
    };
    let cases: Vec<Case> = (row.cases)().into_iter().chain((row.error_cases)()).collect();
    for case in &cases {
        if let Some((how, _)) = &case.deviation {
            add(format!("- {}: {how}\n", row.info.name));
        }
    }
    for case in &cases {
        if let Some((rel, abs, why)) = &case.tolerance {
            let bound = match (*rel, *abs) {
                (0.0, 0.0) => "equal".to_string(),
                (rel, abs) => format!("within {rel:e} relative, {abs:e} absolute"),
            };
            add(format!("- {}: {bound}; {why}\n", row.info.name));
        }
    }
    lines.concat()
}
