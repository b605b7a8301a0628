/** How JSON is read and written: a misspelt field would otherwise be a silent default. */
export const JSON_OPTIONS = { ignoreUnknownFields: false } as const;
