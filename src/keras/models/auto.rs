//! Names that Keras takes in passing.

/// Takes the next name of a functional model, as Keras does when it builds a sequential one.
pub(super) fn take_functional_name() {
    let _ = crate::keras::object::auto_name("Functional");
}
