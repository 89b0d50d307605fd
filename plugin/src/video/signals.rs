//! The action signals of `convenevideo`. Each answers whether it was taken; what was not is told in the log.

use std::fmt;

use convene_video::Source;
use glib::subclass::{Signal, prelude::*};
use gst::prelude::*;

use super::{
    imp::{CAT, ConveneVideo},
    layers::source_named,
    planning::{self, PictureOf},
    room::ServerPath,
};
use crate::lock::lock;

/// What a signal does with its arguments; `None`: they are not of its types, or are none of its words.
type Handler = fn(&ConveneVideo, &[glib::Value]) -> Option<bool>;

pub(super) fn all() -> Vec<Signal> {
    let text = String::static_type();
    let structure = gst::Structure::static_type();
    vec![
        action(
            "set-path",
            &[text, text, text, text, i32::static_type()],
            ConveneVideo::on_set_path,
        ),
        action("set-layers", &[text, text], ConveneVideo::on_set_layers),
        action(
            "set-size",
            &[u32::static_type(); 3],
            ConveneVideo::on_set_size,
        ),
        action("set-class", &[structure], ConveneVideo::on_set_class),
        action("want", &[structure], ConveneVideo::on_want),
        action(
            "report-path",
            &[text, text, text, text],
            ConveneVideo::on_report_path,
        ),
    ]
}

fn action(name: &str, arguments: &[glib::Type], handler: Handler) -> Signal {
    Signal::builder(name)
        .param_types(arguments.iter().copied())
        .return_type::<bool>()
        .action()
        .class_handler(move |values| {
            let (element, arguments) = values.split_first()?;
            let element = element.get::<super::ConveneVideo>().ok()?;
            let taken = handler(element.imp(), arguments).unwrap_or(false);
            Some(taken.to_value())
        })
        .build()
}

impl ConveneVideo {
    fn on_set_path(&self, arguments: &[glib::Value]) -> Option<bool> {
        let [publisher, source, subscriber, path, slot] = arguments else {
            return None;
        };
        let source = source_named(source.get().ok()?)?;
        let path = match path.get().ok()? {
            "server" => ServerPath::Slot(u32::try_from(slot.get::<i32>().ok()?).ok()),
            "direct" | "peer" | "none" => ServerPath::Off,
            _ => return None,
        };
        Some(self.set_path(publisher.get().ok()?, source, subscriber.get().ok()?, path))
    }

    fn set_path(
        &self,
        publisher: &str,
        source: Source,
        subscriber: &str,
        path: ServerPath,
    ) -> bool {
        let Some(seat) = self.seat() else {
            return false;
        };
        if let Some(rule) = seat.plans() {
            return self.refuse(
                "set-path",
                format_args!("the conference plans by itself, policy={}", rule.nick()),
            );
        }
        match seat.set_path(publisher, source, subscriber, path) {
            Ok(()) => true,
            Err(error) => self.refuse(
                "set-path",
                format_args!("{publisher} to {subscriber} by {path:?}: {error}"),
            ),
        }
    }

    fn on_set_class(&self, arguments: &[glib::Value]) -> Option<bool> {
        let structure = arguments.first()?.get::<gst::Structure>().ok()?;
        if !self.may_plan("set-class") {
            return Some(false);
        }
        let standing = {
            let mut told = lock(&self.told);
            planning::standing(told.standing, &structure).inspect(|new| told.standing = *new)
        };
        Some(match standing {
            Ok(standing) => {
                if let Some(seat) = self.seat() {
                    seat.stand(standing);
                }
                true
            }
            Err(error) => self.refuse("set-class", error),
        })
    }

    fn on_want(&self, arguments: &[glib::Value]) -> Option<bool> {
        let structure = arguments.first()?.get::<gst::Structure>().ok()?;
        if !self.may_plan("want") {
            return Some(false);
        }
        Some(match planning::wishes(&structure) {
            Ok(wishes) => {
                lock(&self.told).wishes = Some(wishes.clone());
                if let Some(seat) = self.seat() {
                    seat.want(wishes);
                }
                true
            }
            Err(error) => self.refuse("want", error),
        })
    }

    fn on_report_path(&self, arguments: &[glib::Value]) -> Option<bool> {
        let [peer, publisher, source, state] = arguments else {
            return None;
        };
        let picture = match publisher.get::<Option<String>>().ok()? {
            Some(publisher) if !publisher.is_empty() => Some(PictureOf {
                publisher,
                source: planning::source(source.get().ok()?)?,
            }),
            _ => None,
        };
        let report = planning::report(state.get().ok()?)?;
        let peer = peer.get::<&str>().ok()?;
        let seat = self.seat().filter(|_| self.may_plan("report-path"))?;
        match seat.report(peer, picture.as_ref(), report)? {
            Ok(()) => Some(true),
            Err(nobody) => Some(self.refuse("report-path", nobody)),
        }
    }

    /// What is told before the participant comes is kept for when he does.
    fn may_plan(&self, signal: &str) -> bool {
        let planned = self.seat().is_none_or(|seat| seat.plans().is_some());
        planned || self.refuse(signal, "an application plans this conference")
    }

    fn refuse(&self, signal: &str, why: impl fmt::Display) -> bool {
        gst::warning!(CAT, imp = self, "{signal} is refused: {why}");
        false
    }
}
