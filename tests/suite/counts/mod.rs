//! What work costs, in numbers that no machine changes: kernels, pipelines, buffers, cached plans.

mod fusion;
mod graphs;
mod growth;
mod kernels;
mod models;
mod pipelines;
mod plans;
mod recurrent;
mod transformer;
mod tuning;
