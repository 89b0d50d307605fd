//! What stands at which path. warp takes a request apart; the table [`Route::find`] says what it is for; the rooms
//! below answer. Every answer that is no success is an `ApiError` in JSON.

mod files;
mod gzip;
mod page;
mod rest;

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use warp::{
    Buf, Filter, Rejection, Reply,
    http::{HeaderMap, Method, header},
    path::FullPath,
    reply::Response,
    ws::Ws,
};

use crate::{
    House,
    failure::Failure,
    metrics::Standing,
    network,
    origin::{self, Origin},
    sockets::{Door, MAX_FRAME_BYTES},
};

/// The longest body that is read.
const MAX_BODY: usize = 16 * 1024;

/// How long a body may take to come.
const BODY: Duration = Duration::from_secs(10);

const OPENAPI: &str = include_str!("../../openapi.json");

/// The address at the other end of the connection; the accept loop puts it into each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// A file of the page.
    Page(&'a str),
    /// A conference's page; which one its script reads from the URL.
    ConferencePage,
    /// Whether the service runs.
    Health,
    /// The counters.
    Metrics,
    /// The API's description.
    OpenApi,
    /// Who may show the page in a frame.
    Embedding,
    /// The public list.
    List,
    /// A new conference.
    Create,
    /// A conference.
    Look(&'a str),
    /// The end of a conference.
    End(&'a str),
    /// Who was in a conference.
    Participants(&'a str),
    Paths(&'a str),
    /// A token for a conference.
    IssueToken(&'a str),
    /// A copy of a file, for the server.
    Upload(&'a str, &'a str),
    /// The server's copy of a file.
    Download(&'a str, &'a str),
    /// A participant's socket.
    Socket(&'a str),
}

impl<'a> Route<'a> {
    /// The route for a request.
    ///
    /// # Errors
    /// [`Failure::NoSuchPath`], [`Failure::Method`].
    pub fn find(method: &Method, path: &'a str) -> Result<Self, Failure> {
        let parts: Vec<_> = path.split('/').skip(1).collect();
        let (get, post, put, delete) = (
            method == Method::GET || method == Method::HEAD,
            method == Method::POST,
            method == Method::PUT,
            method == Method::DELETE,
        );
        let only_get = |route| {
            if get {
                Ok(route)
            } else {
                Err(Failure::Method("GET"))
            }
        };
        match parts.as_slice() {
            ["healthz"] => only_get(Self::Health),
            ["metrics"] => only_get(Self::Metrics),
            ["api", "v1", "openapi.json"] => only_get(Self::OpenApi),
            ["api", "v1", "embedding"] => only_get(Self::Embedding),
            ["api", "v1", "conferences"] if get => Ok(Self::List),
            ["api", "v1", "conferences"] if post => Ok(Self::Create),
            ["api", "v1", "conferences"] => Err(Failure::Method("GET and POST")),
            ["api", "v1", "conferences", id] if get => Ok(Self::Look(id)),
            ["api", "v1", "conferences", id] if delete => Ok(Self::End(id)),
            ["api", "v1", "conferences", _] => Err(Failure::Method("GET and DELETE")),
            ["api", "v1", "conferences", id, "participants"] => only_get(Self::Participants(id)),
            ["api", "v1", "conferences", id, "paths"] => only_get(Self::Paths(id)),
            ["api", "v1", "conferences", id, "tokens"] if post => Ok(Self::IssueToken(id)),
            ["api", "v1", "conferences", _, "tokens"] => Err(Failure::Method("POST")),
            ["api", "v1", "conferences", id, "files", file] if get => Ok(Self::Download(id, file)),
            ["api", "v1", "conferences", id, "files", file] if put => Ok(Self::Upload(id, file)),
            ["api", "v1", "conferences", _, "files", _] => Err(Failure::Method("GET and PUT")),
            ["api", "v1", "conferences", id, "socket"] => only_get(Self::Socket(id)),
            ["api", ..] => Err(Failure::NoSuchPath(shortened(path))),
            ["c", _] => only_get(Self::ConferencePage),
            _ => only_get(Self::Page(path.trim_start_matches('/'))),
        }
    }
}

/// A request, as far as anyone here needs it.
pub struct Request {
    path: String,
    method: Method,
    query: String,
    headers: HeaderMap,
    client: SocketAddr,
    ws: Option<Ws>,
}

impl Request {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn host(&self) -> Option<&str> {
        self.header(header::HOST)
            .filter(|host| origin::is_authority(host))
    }

    /// The token in `Authorization: Bearer …` (RFC 6750 section 2.1).
    fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(header::AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }
}

/// Everything that the service answers. Nothing is rejected: what fails is answered too.
pub fn all(house: Arc<House>) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    let ws = warp::ws().map(Some).or(warp::any().map(|| None)).unify();
    let body = warp::body::stream().map(|body| Box::pin(bytes(body)) as Body);
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Peer>())
        .and(ws)
        .and(body)
        .then(
            move |method, path: FullPath, query, headers: HeaderMap, Peer(peer), ws, body| {
                let forwarded = headers
                    .get("x-forwarded-for")
                    .and_then(|value| value.to_str().ok());
                let client = network::client(peer, forwarded, &house.config.trusted_proxies);
                let path = path.as_str().to_owned();
                let request = Request {
                    path,
                    method,
                    query,
                    headers,
                    client,
                    ws,
                };
                answer(Arc::clone(&house), request, body)
            },
        )
}

/// What the listener for metrics answers.
pub fn metrics_only(
    house: Arc<House>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::ext::get::<Peer>()
        .and(warp::path::full())
        .map(move |_, path: FullPath| match path.as_str() {
            "/metrics" => metrics(&house),
            "/healthz" => health(),
            other => failed(&Failure::NoSuchPath(shortened(other))),
        })
}

type Body = Pin<Box<dyn Stream<Item = Result<Vec<u8>, warp::Error>> + Send>>;

fn bytes(
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> impl Stream<Item = Result<Vec<u8>, warp::Error>> {
    body.map(|part| part.map(|mut part| part.copy_to_bytes(part.remaining()).to_vec()))
}

async fn answer(house: Arc<House>, request: Request, body: Body) -> Response {
    let answered = dispatch(&house, request, body).await;
    let mut response = answered.unwrap_or_else(|failure| failed(&failure));
    page::security_headers(response.headers_mut());
    response
}

async fn dispatch(
    house: &Arc<House>,
    mut request: Request,
    body: Body,
) -> Result<Response, Failure> {
    let path = std::mem::take(&mut request.path);
    let route = Route::find(&request.method, &path)?;
    if route.changes_something() && !from_our_page(house, &request) {
        return Err(Failure::Origin);
    }
    match route {
        Route::Page(file) => page::file(house, &request, file),
        Route::ConferencePage => page::file(house, &request, page::CONFERENCE),
        Route::Health => Ok(health()),
        Route::Metrics => local_metrics(house, &request),
        Route::OpenApi => Ok(json_text(OPENAPI.to_owned())),
        Route::Embedding => Ok(rest::embedding(house)),
        Route::List => Ok(json(&house.directory.listed())),
        Route::Create => rest::create(house, &request, &read(&request, body).await?).await,
        Route::Look(id) => rest::look(house, id),
        Route::End(id) => rest::end(house, &request, id).await,
        Route::Participants(id) => rest::participants(house, &request, id).await,
        Route::Paths(id) => rest::paths(house, &request, id).await,
        Route::IssueToken(id) => {
            rest::issue_token(house, &request, id, &read(&request, body).await?)
        }
        Route::Upload(id, file) => files::upload(house, &request, (id, file), body).await,
        Route::Download(id, file) => files::download(house, &request, (id, file)).await,
        Route::Socket(id) => socket(house, request, id),
    }
}

impl Route<'_> {
    /// Whether scripts of other sites must be kept from it. A socket is no read: CORS does not protect it; and files are
    /// for those who are in.
    fn changes_something(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::End(_)
                | Self::IssueToken(_)
                | Self::Upload(..)
                | Self::Download(..)
                | Self::Socket(_)
        )
    }
}

fn from_our_page(house: &House, request: &Request) -> bool {
    let config = &house.config;
    let origin = request.header(header::ORIGIN);
    // An Origin that is no text is no missing one.
    let hidden = origin.is_none() && request.headers.contains_key(header::ORIGIN);
    !hidden
        && origin::allowed(
            origin,
            request.host(),
            config.public_url.as_ref(),
            &config.embed_origins,
        )
}

/// How a browser that made this request reaches the legs' ports.
fn media_host(house: &House, request: &Request) -> Option<String> {
    let config = &house.config;
    match config.external_address {
        Some(IpAddr::V4(external)) => return Some(external.to_string()),
        Some(IpAddr::V6(external)) => return Some(format!("[{external}]")),
        None => {}
    }
    let public = config.public_url.as_ref().map(Origin::authority);
    let authority = public.or_else(|| request.host())?;
    origin::is_authority(authority).then(|| origin::host_of(authority).to_owned())
}

fn socket(house: &Arc<House>, mut request: Request, conference: &str) -> Result<Response, Failure> {
    let ws = request.ws.take().ok_or(Failure::NotASocket)?;
    let door = Door {
        house: Arc::clone(house),
        conference: conference.to_owned(),
        address: request.client,
        host: media_host(house, &request),
    };
    let ws = ws
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES);
    Ok(ws.on_upgrade(|socket| door.serve(socket)).into_response())
}

fn health() -> Response {
    "ok\n".into_response()
}

fn local_metrics(house: &House, request: &Request) -> Result<Response, Failure> {
    if house.config.metrics_listen.is_some() || !request.client.ip().is_loopback() {
        return Err(Failure::NotLocal);
    }
    Ok(metrics(house))
}

fn metrics(house: &House) -> Response {
    let (conferences, participants) = house.directory.standing();
    let store_failures = house.store.failures();
    let standing = Standing {
        conferences,
        participants,
        store_failures,
    };
    let ice = house.directory.ice_stats();
    let sound = convene_pipelines::audio_stats();
    let text = house.meters.text(standing, &sound, ice.as_ref());
    warp::reply::with_header(text, header::CONTENT_TYPE, "text/plain; version=0.0.4")
        .into_response()
}

async fn read(request: &Request, mut body: Body) -> Result<Vec<u8>, Failure> {
    let json = |kind: &str| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    };
    if !request.header(header::CONTENT_TYPE).is_some_and(json) {
        return Err(Failure::NotJson);
    }
    let mut whole = Vec::new();
    let reading = async {
        while let Some(part) = body.next().await {
            whole.extend(part.map_err(|_| Failure::NoBody)?);
            if whole.len() > MAX_BODY {
                return Err(Failure::TooLarge(MAX_BODY));
            }
        }
        Ok(())
    };
    tokio::time::timeout(BODY, reading)
        .await
        .map_err(|_| Failure::NoBody)??;
    Ok(whole)
}

fn failed(failure: &Failure) -> Response {
    let (status, error) = failure.answer();
    if status.is_server_error() {
        tracing::error!("a request failed: {failure}");
    }
    let mut response = json(&error);
    *response.status_mut() = status;
    if let Failure::Method(allowed) = failure {
        let allowed = allowed.replace(" and ", ", ");
        let allowed = allowed.parse().expect("method names are ASCII letters");
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

fn json(value: &impl serde::Serialize) -> Response {
    json_text(serde_json::to_string(value).expect("the API's answers have string keys"))
}

fn json_text(text: String) -> Response {
    let response = warp::reply::with_header(text, header::CONTENT_TYPE, "application/json");
    warp::reply::with_header(response, header::CACHE_CONTROL, "no-store").into_response()
}

fn shortened(path: &str) -> String {
    path.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use warp::http::StatusCode;

    #[test]
    fn every_path_has_its_place() {
        let table = [
            (Method::GET, "/", Route::Page("")),
            (Method::HEAD, "/view/tiles.js", Route::Page("view/tiles.js")),
            (Method::GET, "/c/abc", Route::ConferencePage),
            (Method::GET, "/healthz", Route::Health),
            (Method::GET, "/api/v1/embedding", Route::Embedding),
            (Method::GET, "/api/v1/conferences", Route::List),
            (Method::POST, "/api/v1/conferences", Route::Create),
            (Method::GET, "/api/v1/conferences/abc", Route::Look("abc")),
            (Method::DELETE, "/api/v1/conferences/abc", Route::End("abc")),
            (
                Method::GET,
                "/api/v1/conferences/abc/participants",
                Route::Participants("abc"),
            ),
            (
                Method::POST,
                "/api/v1/conferences/abc/tokens",
                Route::IssueToken("abc"),
            ),
            (
                Method::PUT,
                "/api/v1/conferences/abc/files/7",
                Route::Upload("abc", "7"),
            ),
            (
                Method::GET,
                "/api/v1/conferences/abc/files/7",
                Route::Download("abc", "7"),
            ),
            (
                Method::GET,
                "/api/v1/conferences/abc/socket",
                Route::Socket("abc"),
            ),
        ];
        for (method, path, expected) in table {
            assert_eq!(
                Route::find(&method, path).unwrap(),
                expected,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn what_is_not_there_is_told_apart_from_what_is_not_done() {
        let table = [
            (Method::GET, "/api/v1/nothing", StatusCode::NOT_FOUND),
            (Method::GET, "/api/v2/conferences", StatusCode::NOT_FOUND),
            (
                Method::PUT,
                "/api/v1/conferences",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            (
                Method::POST,
                "/api/v1/conferences/abc",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            (
                Method::GET,
                "/api/v1/conferences/abc/tokens",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            (Method::POST, "/", StatusCode::METHOD_NOT_ALLOWED),
        ];
        for (method, path, expected) in table {
            let (status, _) = Route::find(&method, path).unwrap_err().answer();
            assert_eq!(status, expected, "{method} {path}");
        }
    }

    #[test]
    fn the_description_lists_every_route_of_the_api() {
        let api: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = api["paths"].as_object().unwrap();
        let mut described = Vec::new();
        for (path, methods) in paths {
            let methods = methods.as_object().unwrap().keys();
            for method in methods.filter(|key| *key != "parameters") {
                described.push(format!("{} {path}", method.to_uppercase()));
                let method: Method = method.to_uppercase().parse().unwrap();
                let path = path.replace("{id}", "abc");
                assert!(
                    !matches!(Route::find(&method, &path).unwrap(), Route::Page(_)),
                    "{path}"
                );
            }
        }
        described.sort();
        let all = [
            "DELETE /api/v1/conferences/{id}",
            "GET /api/v1/conferences",
            "GET /api/v1/conferences/{id}",
            "GET /api/v1/conferences/{id}/files/{file}",
            "GET /api/v1/conferences/{id}/participants",
            "GET /api/v1/conferences/{id}/paths",
            "GET /api/v1/conferences/{id}/socket",
            "GET /api/v1/embedding",
            "GET /api/v1/openapi.json",
            "GET /healthz",
            "GET /metrics",
            "POST /api/v1/conferences",
            "POST /api/v1/conferences/{id}/tokens",
            "PUT /api/v1/conferences/{id}/files/{file}",
        ];
        assert_eq!(described, all);
    }
}
