//! How a conference sounds: each test plays sound through a [`convene_audio::Room`] in simulated time and listens.

#![allow(clippy::unwrap_used)]

mod clicks;
mod clipping;
mod codec;
mod crossing;
mod mapping;
mod measure;
mod pace;
mod speech;
mod stage;
mod stereo;
