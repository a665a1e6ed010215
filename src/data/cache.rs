//! Elements kept in memory.

use super::Dataset;
use super::cardinality::Cardinality;
use super::element::Element;
use super::node::{Items, Node, dataset};
use super::spec::ElementSpec;
use crate::error::Result;
use std::sync::{Arc, Mutex};

impl Dataset {
    /// Keeps the elements of the first whole pass in memory and gives these from then on (`Dataset.cache()`). A pass that is given up
    /// early, or that meets an error, keeps nothing.
    pub fn cache(&self) -> Dataset {
        dataset(Cache { input: self.clone(), kept: Arc::default() })
    }
}

type Kept = Arc<Mutex<Option<Arc<Vec<Element>>>>>;

struct Cache {
    input: Dataset,
    kept: Kept,
}

impl Node for Cache {
    fn name(&self) -> &'static str {
        "CacheDataset"
    }

    fn spec(&self) -> Result<ElementSpec> {
        self.input.element_spec()
    }

    fn cardinality(&self) -> Cardinality {
        self.input.cardinality()
    }

    fn items(&self, _: bool) -> Items<Element> {
        if let Some(kept) = crate::lock(&self.kept).clone() {
            return Box::new((0..kept.len()).map(move |i| Ok(kept[i].clone())));
        }
        Box::new(Filling { input: self.input.items(), seen: Some(vec![]), kept: self.kept.clone() })
    }
}

/// The first pass.
struct Filling {
    input: Items<Element>,
    /// `None` after an error, and when all has been kept.
    seen: Option<Vec<Element>>,
    kept: Kept,
}

impl Iterator for Filling {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        let item = self.input.next();
        match (&item, &mut self.seen) {
            (Some(Ok(e)), Some(seen)) => seen.push(e.clone()),
            (Some(Err(_)), _) => self.seen = None,
            (None, seen) => {
                if let Some(all) = seen.take() {
                    *crate::lock(&self.kept) = Some(Arc::new(all));
                }
            }
            _ => {}
        }
        item
    }
}
