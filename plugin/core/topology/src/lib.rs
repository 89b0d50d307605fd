//! The planner: one path for every wanted picture, whoever can reach whom.
//!
//! Pure: it is told who is there, who wants what and what happened, and says what to do. It opens no connection and
//! reads no clock.
//!
//! # Method
//! A wanted picture goes directly where the two connect and the publisher has uplink for it; else through one relay who
//! has it directly, whom both reach, and who has uplink for it; else through the server. Which of these each pair gets
//! is chosen in a draft (module `draft`): a matching of pairs with people's spare streams by augmenting paths, a search
//! for better relays around it, and, for few pairs, a search of everything that could be better. What was planned is
//! kept: a change opens only the pairs that have to do with it, and a failed way rests before it is tried again. A plan
//! that has come to be worse than it could is made better by one pair in 10 s.

mod backoff;
mod draft;
mod ground;
mod links;
mod people;
mod plan;
mod planner;
mod sends;
mod view;

pub use plan::{
    Class, Number, PairReport, Path, Picture, Policy, Realm, Source, Standing, Step, Why,
};
pub use planner::{Planner, Settings};
