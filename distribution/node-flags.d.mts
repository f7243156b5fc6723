/** What Node is told when it runs the program. */
export declare const nodeFlags: readonly string[];
