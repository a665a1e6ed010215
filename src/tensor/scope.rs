//! Name scopes.

use std::cell::RefCell;

thread_local! {
    static SCOPES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs `f` with `name` before the names of variables that it makes (`tf.name_scope`); scopes nest. A name that ends with `/` stands for
/// itself, whatever is around it.
///
/// ```
/// # use wgflow::{Variable, name_scope};
/// let w = name_scope("model", || name_scope("dense", || Variable::named([1.0], "w", true)))?;
/// assert_eq!(w.name(), "model/dense/w");
/// # Ok::<(), wgflow::Error>(())
/// ```
pub fn name_scope<R>(name: &str, f: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            SCOPES.with_borrow_mut(Vec::pop);
        }
    }
    let whole = match name.strip_suffix('/') {
        Some(whole) => whole.to_string(),
        None => scoped(name),
    };
    SCOPES.with_borrow_mut(|s| s.push(whole));
    let _leave = Leave;
    f()
}

/// A name with the scope around it.
pub fn scoped(name: &str) -> String {
    SCOPES.with_borrow(|s| match s.last() {
        Some(scope) if !scope.is_empty() => format!("{scope}/{name}"),
        _ => name.to_string(),
    })
}
