/** Calls of the server. Errors have its own clear line as their message. */

import { T } from "./english.js";

/** What the server refused, or that it did not answer. */
export class ServerError extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP; 0 if there was no answer
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * This window's id. It survives a reload, but not the copy of a tab, which is another window.
 * @returns {string}
 */
function ownId() {
  const [entry] = performance.getEntriesByType("navigation");
  const again = entry && /** @type {any} */ (entry).type !== "navigate";
  const kept = again && sessionStorage.getItem("client");
  const id = kept || crypto.randomUUID().replaceAll("-", "");
  sessionStorage.setItem("client", id);
  return id;
}

export const CLIENT = ownId();

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServerError(T.noAnswer, 0);
  }
  if (response.ok) return response;
  let message = T.refused(response.status);
  try {
    message = (await response.json()).error ?? message;
  } catch {
    // The answer has no words of its own.
  }
  throw new ServerError(message, response.status);
}

/**
 * Get, or send an object as JSON, and return the answer.
 * @param {string} path
 * @param {"GET"|"POST"|"PATCH"|"DELETE"} [method]
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export async function ask(path, method = "GET", body) {
  const headers = body ? { "Content-Type": "application/json" } : undefined;
  const response = await call(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/**
 * Send a file; of all ways only this one says how much of it has arrived.
 * @param {string} path
 * @param {Blob} file
 * @param {(share: number) => void} [progress]
 * @returns {Promise<any>}
 */
export function send(path, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.upload.onprogress = (event) => progress?.(event.loaded / (event.total || 1));
    request.onerror = () => reject(new ServerError(T.noAnswer, 0));
    request.onload = () => {
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // The answer has no words of its own.
      }
      if (request.status < 300) resolve(answer);
      else reject(new ServerError(answer?.error ?? T.refused(request.status), request.status));
    };
    request.send(file);
  });
}

/**
 * A file that the server makes, with the name that it gives it.
 * @param {string} path
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function fetchFile(path) {
  const response = await call(path);
  const header = response.headers.get("Content-Disposition") ?? "";
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header);
  const plain = /filename="([^"]*)"/i.exec(header);
  const name = encoded ? decodeURIComponent(encoded[1]) : (plain?.[1] ?? "jphoto");
  return { blob: await response.blob(), name };
}
