// A PDF that the server sent in base64, for an iframe or a download.
export function pdf_blob(base64) {
	const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
	return new Blob([bytes], { type: "application/pdf" });
}
