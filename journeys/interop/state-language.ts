import { createRequire } from "node:module";
import { join } from "node:path";

import { z } from "zod";

type Validate = (machine: unknown) => { readonly isValid: boolean; errorsText(): string };

interface TextDocuments {
  readonly TextDocument: { create(uri: string, language: string, version: number, text: string): object };
}

interface Amazon {
  getLanguageService(settings: object): {
    parseJSONDocument(document: object): object;
    doValidation(document: object, parsed: object, settings: object): Promise<unknown>;
  };
}

const findings = z.array(z.looseObject({ message: z.string() }));

/**
 * What two validators of the Amazon States Language find wrong in a state machine: a schema with checks of
 * paths and expressions, and the service that Amazon's own editors ask.
 */
export async function validateStateMachine(text: string, nodeModules: string): Promise<readonly string[]> {
  const require = createRequire(join(nodeModules, "any.js"));
  const validate: Validate = require("asl-validator");
  const validated = validate(JSON.parse(text));
  const { getLanguageService }: Amazon = require("amazon-states-language-service");
  const { TextDocument }: TextDocuments = require("vscode-languageserver-textdocument");
  const service = getLanguageService({});
  const document = TextDocument.create("file:///machine.asl.json", "asl", 1, text);
  const found = await service.doValidation(document, service.parseJSONDocument(document), {});
  return [
    ...(validated.isValid ? [] : [validated.errorsText()]),
    ...findings.parse(found).map(({ message }) => message),
  ];
}
