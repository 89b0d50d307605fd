//! One participant of a service's conference, without a media engine: it joins as `signaling/PROTOCOL.md` says, wants
//! every picture, takes each by whatever path the plan says, and counts what comes. It publishes nothing, passes
//! nothing on, and decodes nothing. Where a browser needs half a core, it needs none.
//!
//! `session` is the crossroads, `other` what there is of each other participant, `connection` one ICE and DTLS
//! connection; `fare`, `picture`, `seen` and `stun` are pure.

mod connection;
mod fare;
mod gather;
mod other;
mod picture;
mod seen;
mod session;
mod stun;
mod words;

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use convene_protocol::{ClientMessage, Publishing, ServerMessage, Wishes};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpStream, lookup_host},
    sync::mpsc,
    task::LocalSet,
    time::{MissedTickBehavior, interval},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use self::{gather::Ground, session::Session, words::Out};
use crate::{error::LoadError, lines};

const LOOK: Duration = Duration::from_millis(50);

/// Who takes part, and where.
#[derive(Args, Debug)]
pub struct Wish {
    /// The service: `http://203.0.113.1:8080`.
    #[arg(long)]
    url: String,
    /// The conference's id.
    #[arg(long)]
    conference: String,
    /// The name to show.
    #[arg(long)]
    name: String,
}

type Socket = WebSocketStream<TcpStream>;

/// Takes part until the conference or its own input ends.
///
/// # Errors
/// When it is not let in, or let go.
pub fn run(wish: Wish) -> Result<(), LoadError> {
    str0m::crypto::from_feature_flags().install_process_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LoadError::io("starting tokio"))?;
    LocalSet::new().block_on(&runtime, take_part(wish))
}

async fn take_part(wish: Wish) -> Result<(), LoadError> {
    let (mut socket, service) = knock(&wish).await?;
    say(&mut socket, &join(wish.name)).await?;
    let (me, participants, urls) = loop {
        match hear(socket.next().await)? {
            Some(ServerMessage::Welcome {
                me,
                participants,
                stun_urls,
                ..
            }) => break (me, participants, stun_urls),
            Some(ServerMessage::Error { message, .. }) => return Err(LoadError::Member(message)),
            _ => {}
        }
    };
    let (sender, outbox) = mpsc::unbounded_channel();
    let out = Out {
        ground: Ground {
            home: gather::home(service)?,
            stun: gather::stun_server(&urls).await,
        },
        service: sender,
    };
    converse(socket, Session::new(me, participants, out), outbox).await
}

async fn converse(
    mut socket: Socket,
    mut session: Session,
    mut outbox: mpsc::UnboundedReceiver<ClientMessage>,
) -> Result<(), LoadError> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut input = lines::heard::<serde_json::Value>();
    loop {
        tokio::select! {
            message = socket.next() => {
                if let Some(message) = hear(message)? && !session.handle(message)? {
                    return Ok(());
                }
            }
            message = outbox.recv() => if let Some(message) = message {
                say(&mut socket, &message).await?;
            },
            _ = looks.tick() => session.look()?,
            word = input.recv() => if word.is_none() {
                return say(&mut socket, &ClientMessage::Leave {}).await;
            },
        }
    }
}

fn join(name: String) -> ClientMessage {
    ClientMessage::Join {
        name,
        token: None,
        publishing: Publishing::default(),
        wishes: Wishes::default(),
        identity: None,
    }
}

async fn knock(wish: &Wish) -> Result<(Socket, SocketAddr), LoadError> {
    let place = wish
        .url
        .strip_prefix("http://")
        .map(|place| place.trim_end_matches('/'));
    let place =
        place.ok_or_else(|| LoadError::Member(format!("`{}` is not http://…", wish.url)))?;
    let found = lookup_host(place).await;
    let mut found = found.map_err(LoadError::io(format!("looking for {place}")))?;
    let nowhere = || LoadError::Member(format!("{place} has no address"));
    let service = found.next().ok_or_else(nowhere)?;
    let stream = TcpStream::connect(service).await;
    let stream = stream.map_err(LoadError::io(format!("knocking at {service}")))?;
    let url = format!("ws://{place}/api/v1/conferences/{}/socket", wish.conference);
    let (socket, _) = client_async(url, stream).await.map_err(cannot)?;
    Ok((socket, service))
}

async fn say(socket: &mut Socket, message: &ClientMessage) -> Result<(), LoadError> {
    let text = serde_json::to_string(message).map_err(cannot)?;
    socket.send(Message::text(text)).await.map_err(cannot)
}

/// What the service said, if it was a word; pings are answered below.
fn hear(
    heard: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<ServerMessage>, LoadError> {
    match heard {
        Some(Ok(Message::Text(text))) => {
            let line = text.to_string();
            lines::word(line).map(Some)
        }
        Some(Ok(Message::Close(_))) | None => Err(cannot("the service has closed the socket")),
        Some(Ok(_)) => Ok(None),
        Some(Err(cause)) => Err(cannot(cause)),
    }
}

fn cannot(error: impl std::fmt::Display) -> LoadError {
    LoadError::Member(error.to_string())
}
