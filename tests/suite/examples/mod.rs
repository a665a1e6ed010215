//! The examples, run as a user does.

mod course;
mod digits;
