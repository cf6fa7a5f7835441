//! The methods of the protocol. Each only enqueues, before anything is waited for: `transport` begins them in the order of the
//! messages.

use std::sync::{Arc, OnceLock};

use pipe_analysis::inspect::Stopper;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::answer::{calls, colors, complete, hints, navigate, problems, structure};
use crate::ask::{Stop, StopWhenDropped, Text, View};
use crate::capabilities::offered;
use crate::documents::Document;
use crate::owner::{Agreement, Ask, Task, Tasks, Unanswered};
use crate::position::Encoding;

/// Gives the text of a file of the standard library: `{ "uri": "pipe-std:/std/prelude.pipe" }` → a text or null.
pub(crate) const STANDARD_LIBRARY: &str = "pipe/standardLibrary";

/// The methods of the protocol.
pub(crate) struct Server {
    client: Client,
    tasks: Tasks,
    version: String,
    able: OnceLock<Able>,
    said: colors::Said,
}

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
struct Able {
    snippets: bool,
    watching: bool,
}

impl Server {
    pub(crate) fn new(client: Client, tasks: Tasks, version: &str) -> Server {
        Server {
            client,
            tasks,
            version: version.to_owned(),
            able: OnceLock::new(),
            said: colors::Said::default(),
        }
    }

    fn able(&self) -> Able {
        self.able.get().copied().unwrap_or_default()
    }

    fn tell(&self, task: Task) {
        // The owner ends only with the server.
        let _ = self.tasks.send(task);
    }

    /// Asks something about a file; `None` when the file is not known.
    async fn ask<T: Send + 'static>(
        &self,
        uri: Uri,
        question: impl FnOnce(&View<'_>) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        self.ask_of(uri, false, question).await
    }

    /// As [`Server::ask`]; with `whole`, modules that nothing uses are looked at, too.
    async fn ask_of<T: Send + 'static>(
        &self,
        uri: Uri,
        whole: bool,
        question: impl FnOnce(&View<'_>) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let (sender, answer) = oneshot::channel();
        let stop = Arc::new(Stop::default());
        let question = Asked { question: Some(question), found: None, sender, stop: stop.clone() };
        let _held = StopWhenDropped(stop);
        self.tell(Task::Ask { uri, whole, question: Box::new(question) });
        match answer.await {
            Ok(Ok(answer)) => Ok(Some(answer)),
            Ok(Err(Unanswered::Unknown)) => Ok(None),
            Ok(Err(Unanswered::Edited)) => Err(Error::content_modified()),
            Ok(Err(Unanswered::Stopped)) => Err(Error::request_cancelled()),
            // The latter when the owner itself failed with it.
            Ok(Err(Unanswered::Panicked)) | Err(_) => Err(mistake()),
        }
    }

    /// Asks something about the text of a document alone; `None` when it is not open.
    async fn ask_text<T: Send + 'static>(
        &self,
        uri: Uri,
        question: impl FnOnce(&Text<'_>) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let (sender, answer) = oneshot::channel();
        let question = move |text: Option<&Text<'_>>| {
            // Whoever asked may have given up.
            if !sender.is_closed() {
                let _ = sender.send(text.map(question));
            }
        };
        self.tell(Task::AskText { uri, question: Box::new(question) });
        answer.await.map_err(|_| mistake())
    }

    /// Asks something about each package; those that give no answer are left out.
    async fn ask_each<T: Send + 'static, Q: FnOnce(&View<'_>) -> T + Send + 'static>(
        &self,
        question: impl Fn() -> Q,
    ) -> Result<Vec<T>> {
        let (sender, documents) = oneshot::channel();
        self.tell(Task::Packages(sender));
        let mut found = Vec::new();
        for uri in documents.await.unwrap_or_default() {
            found.extend(self.ask(uri, question()).await?);
        }
        Ok(found)
    }

    /// The method [`STANDARD_LIBRARY`].
    pub(crate) async fn standard_library(&self, params: Value) -> Result<Value> {
        let uri = params.get("uri").and_then(Value::as_str).unwrap_or_default();
        let name =
            uri.strip_prefix(crate::ask::STANDARD_LIBRARY_SCHEME).and_then(|rest| rest.strip_prefix(":/"));
        let name = name.and_then(|name| name.strip_suffix(".pipe"));
        Ok(json!(name.and_then(pipe_analysis::standard_library)))
    }
}

/// What a client is told of a mistake of the server.
fn mistake() -> Error {
    Error {
        code: ErrorCode::InternalError,
        message: "the language server made a mistake; it goes on".into(),
        data: None,
    }
}

/// A question whose answer is awaited.
struct Asked<Q, T> {
    question: Option<Q>,
    found: Option<T>,
    sender: oneshot::Sender<std::result::Result<T, Unanswered>>,
    stop: Arc<Stop>,
}

impl<Q: FnOnce(&View<'_>) -> T + Send, T: Send> Ask for Asked<Q, T> {
    fn begin(&mut self, stopper: Stopper) {
        self.stop.begin(stopper);
    }

    fn look(&mut self, view: &View<'_>) {
        // Whoever asked may have given up while it waited.
        let wanted = !self.sender.is_closed();
        self.found = self.question.take().filter(|_| wanted).map(|question| question(view));
    }

    fn answer(self: Box<Self>, failed: Option<Unanswered>) {
        let answer = match failed {
            Some(why) => Err(why),
            None => self.found.ok_or(Unanswered::Unknown),
        };
        // Whoever asked may have given up.
        let _ = self.sender.send(answer);
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let capabilities = params.capabilities;
        let general = capabilities.general.unwrap_or_default();
        let encoding = Encoding::choose(general.position_encodings.as_deref());
        let item = capabilities.text_document.and_then(|text| text.completion?.completion_item);
        let workspace = capabilities.workspace.unwrap_or_default();
        let watched = workspace.did_change_watched_files;
        let refreshes = workspace.inlay_hint.and_then(|hints| hints.refresh_support).unwrap_or(false);
        let _ = self.able.set(Able {
            snippets: item.and_then(|item| item.snippet_support).unwrap_or(false),
            watching: watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false),
        });
        let options = params.initialization_options.unwrap_or_default();
        let standard_library = options.get("standardLibrary").and_then(Value::as_bool).unwrap_or(false);
        let pulls = options.get("diagnostics").and_then(Value::as_str) == Some("pull");
        let watches = self.able().watching;
        let cache_state = options.get("cacheState").and_then(Value::as_bool).unwrap_or(true);
        self.tell(Task::Agreed(Agreement {
            encoding,
            standard_library,
            pulls,
            watches,
            cache_state,
            refreshes,
        }));
        if capabilities.window.and_then(|window| window.work_done_progress).unwrap_or(false) {
            self.tell(Task::ShowsProgress);
        }
        Ok(InitializeResult {
            capabilities: offered(encoding, pulls),
            server_info: Some(ServerInfo { name: "pipe".into(), version: Some(self.version.clone()) }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.able().watching {
            return;
        }
        let watchers = json!({ "watchers": [{ "globPattern": "**/*.pipe" }, { "globPattern": "**/pipe.toml" }, { "globPattern": "**/pipe.lock" }] });
        let registration = Registration {
            id: "pipe-files".into(),
            method: "workspace/didChangeWatchedFiles".into(),
            register_options: Some(watchers),
        };
        if self.client.register_capability(vec![registration]).await.is_err() {
            self.tell(Task::Unwatched);
        }
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.tell(Task::Open(Document { uri: document.uri, version: document.version, text: document.text }));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        self.tell(Task::Change {
            uri: document.uri,
            version: document.version,
            changes: params.content_changes,
        });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.said.forget(&params.text_document.uri);
        self.tell(Task::Close(params.text_document.uri));
    }

    async fn did_change_workspace_folders(&self, _: DidChangeWorkspaceFoldersParams) {
        self.tell(Task::Disk);
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.tell(Task::Disk);
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        let answer = move |view: &View<'_>| hints::hover(view, at.position);
        Ok(self.ask(at.text_document.uri, answer).await?.flatten())
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        let answer = move |view: &View<'_>| hints::signature_help(view, at.position);
        Ok(self.ask(at.text_document.uri, answer).await?.flatten())
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let answer = move |view: &View<'_>| hints::inlay_hints(view, params.range);
        self.ask(params.text_document.uri, answer).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(params.text_document.uri, hints::lenses).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        let (uri, document) = (at.text_document.uri.clone(), at.text_document.uri);
        let answer = move |view: &View<'_>| calls::prepare(view, &document, at.position);
        Ok(self.ask(uri, answer).await?.flatten())
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let Some(named) = calls::Named::of(&params.item) else { return Ok(None) };
        self.ask(named.uri.clone(), move |view: &View<'_>| calls::incoming(view, &named)).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let Some(named) = calls::Named::of(&params.item) else { return Ok(None) };
        self.ask(named.uri.clone(), move |view: &View<'_>| calls::outgoing(view, &named)).await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let uri = params.text_document.uri;
        let found = self.ask(uri.clone(), |view: &View<'_>| colors::tokens(view, None)).await?;
        Ok(found.map(|data| SemanticTokensResult::Tokens(self.said.keep(&uri, data))))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let uri = params.text_document.uri;
        let found = self.ask(uri.clone(), |view: &View<'_>| colors::tokens(view, None)).await?;
        Ok(found.map(|data| self.said.changed(&uri, &params.previous_result_id, data)))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let answer = move |view: &View<'_>| colors::tokens(view, Some(params.range));
        let found = self.ask(params.text_document.uri, answer).await?;
        Ok(found.map(|data| SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let answer = move |view: &View<'_>| navigate::definition(view, at.position);
        Ok(self.ask(at.text_document.uri, answer).await?.flatten())
    }

    async fn goto_type_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let answer = move |view: &View<'_>| navigate::type_definition(view, at.position);
        Ok(self.ask(at.text_document.uri, answer).await?.flatten())
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let (at, declaration) = (params.text_document_position, params.context.include_declaration);
        let answer = move |view: &View<'_>| navigate::references(view, at.position, declaration);
        self.ask_of(at.text_document.uri, true, answer).await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        let answer = move |view: &View<'_>| navigate::highlights(view, at.position);
        self.ask(at.text_document.uri, answer).await
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let answer = move |view: &View<'_>| navigate::prepare_rename(view, params.position);
        self.ask(params.text_document.uri, answer).await?.transpose()
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let answer = move |view: &View<'_>| navigate::rename(view, at.position, &params.new_name);
        self.ask_of(at.text_document.uri, true, answer).await?.transpose()
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let (snippets, uri) = (self.able().snippets, at.text_document.uri);
        let document = uri.clone();
        let answer = move |view: &View<'_>| complete::complete(view, &document, at.position, snippets);
        self.ask(uri, answer).await
    }

    async fn completion_resolve(&self, mut params: CompletionItem) -> Result<CompletionItem> {
        let wanted =
            params.data.clone().and_then(|data| serde_json::from_value::<complete::Resolve>(data).ok());
        if let Some(wanted) = wanted {
            let uri = wanted.uri.clone();
            let answer = move |view: &View<'_>| complete::resolve(view, &wanted);
            params.documentation = self.ask(uri, answer).await?.flatten().or(params.documentation);
        }
        Ok(params)
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.ask_text(params.text_document.uri, structure::symbols).await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        let query = std::sync::Arc::new(params.query);
        let of_package =
            |query: std::sync::Arc<String>| move |view: &View<'_>| structure::workspace_symbols(view, &query);
        let found = self.ask_each(|| of_package(query.clone())).await?;
        Ok(Some(WorkspaceSymbolResponse::Nested(found.into_iter().flatten().collect())))
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask_text(params.text_document.uri, structure::folds).await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        let answer = move |text: &Text<'_>| structure::selections(text, &params.positions);
        self.ask_text(params.text_document.uri, answer).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(params.text_document.uri, structure::links).await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let found = self.ask(params.text_document.uri, problems::of_document).await?;
        let items = found.unwrap_or_default();
        let report = FullDocumentDiagnosticReport { result_id: None, items };
        let report = RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: report,
        };
        Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report)))
    }

    async fn workspace_diagnostic(
        &self,
        _: WorkspaceDiagnosticParams,
    ) -> Result<WorkspaceDiagnosticReportResult> {
        let found = self.ask_each(|| problems::of_package).await?;
        let items = found.into_iter().flatten().map(WorkspaceDocumentDiagnosticReport::Full).collect();
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let format = |text: &Text<'_>| {
            // What would become another program is left as it is.
            text.edits(pipe_ide::format(text.source).unwrap_or_default())
        };
        self.ask_text(params.text_document.uri, format).await
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let format = move |text: &Text<'_>| {
            text.edits(pipe_ide::format_range(text.source, text.span(params.range)).unwrap_or_default())
        };
        self.ask_text(params.text_document.uri, format).await
    }

    async fn on_type_formatting(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        let (at, typed) = (params.text_document_position, params.ch);
        let format = move |text: &Text<'_>| {
            let typed = typed.chars().next().unwrap_or_default();
            text.edits(pipe_ide::format_on_type(text.source, text.offset(at.position), typed))
        };
        self.ask_text(at.text_document.uri, format).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let answer =
            move |view: &View<'_>| problems::actions(view, params.range, params.context.only.as_deref());
        self.ask(params.text_document.uri, answer).await
    }
}
